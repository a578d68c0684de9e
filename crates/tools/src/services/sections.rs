//! Daemons that ask under names of their configuration: one for each section of stunnel.conf, and for each `service`
//! of sslh.cfg.

use std::path::Path;

use crate::disk::Disk;

use super::daemon_settings::{SettingState, same, value};
use super::elf::Libraries;
use super::locate::{FileLine, matching, text};
use super::service::{Gatekeeper, Service};

const STUNNEL: [&str; 3] = ["/usr/bin/stunnel4", "/usr/bin/stunnel", "/usr/sbin/stunnel"];
const STUNNEL_FILES: &str = "/etc/stunnel/*.conf";

/// The name that stunnel asks under where its file has no section, as under inetd.
const STUNNEL_ITSELF: &str = "stunnel";

/// The sections of stunnel's files. `libwrap = yes` before the first one counts for all.
pub(super) fn stunnel(disk: &Disk, libraries: &mut Libraries) -> Vec<Service> {
    let Some(program) = installed(&STUNNEL, disk, libraries) else {
        return Vec::new();
    };
    let mut services = Vec::new();
    for file in matching(STUNNEL_FILES, disk) {
        let Some(text) = text(&file, disk) else {
            continue;
        };
        let mut common = SettingState {
            wanted: "libwrap = yes".to_owned(),
            on: Some(false),
            place: None,
        };
        let mut sections: Vec<(String, u64, SettingState)> = Vec::new();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            let name = line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'));
            if let Some(name) = name {
                let mut state = common.clone();
                state
                    .place
                    .get_or_insert_with(|| FileLine::new(&file, number));
                sections.push((name.trim().to_owned(), number, state));
            } else if let Some(value) = value(line, "libwrap") {
                let state = match sections.last_mut() {
                    Some((_, _, state)) => state,
                    None => &mut common,
                };
                state.on = Some(same(value, "yes"));
                state.place = Some(FileLine::new(&file, number));
            }
        }
        if sections.is_empty() {
            common.place.get_or_insert_with(|| FileLine::new(&file, 0));
            sections.push((STUNNEL_ITSELF.to_owned(), 0, common));
        }
        services.extend(sections.into_iter().map(|(name, line, state)| Service {
            starter: match line {
                0 => "stunnel".to_owned(),
                _ => format!("stunnel, section {name}"),
            },
            name: name.into_bytes(),
            program: program.to_owned(),
            arguments: Vec::new(),
            gatekeeper: Gatekeeper::Itself,
            datagrams: false,
            place: Some(FileLine::new(&file, line)),
            switch: Some(state),
            user: None,
        }));
    }
    services
}

const SSLH: [&str; 1] = ["/usr/sbin/sslh"];
const SSLH_FILES: [&str; 2] = ["/etc/sslh/*.cfg", "/etc/sslh.cfg"];

/// The services of sslh's files: `service: "ssh";`.
pub(super) fn sslh(disk: &Disk, libraries: &mut Libraries) -> Vec<Service> {
    let Some(program) = installed(&SSLH, disk, libraries) else {
        return Vec::new();
    };
    let mut services = Vec::new();
    for file in SSLH_FILES.iter().flat_map(|files| matching(files, disk)) {
        let text = text(&file, disk).unwrap_or_default();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim_start().starts_with(['#', '/']) {
                continue;
            }
            let names = line.split("service:").skip(1);
            for name in
                names.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            {
                services.push(Service {
                    name: name.as_bytes().to_vec(),
                    starter: format!("sslh, service {name}"),
                    program: program.to_owned(),
                    arguments: Vec::new(),
                    gatekeeper: Gatekeeper::Itself,
                    datagrams: false,
                    place: Some(FileLine::new(&file, number)),
                    switch: None,
                    user: None,
                });
            }
        }
    }
    services
}

/// The first of these programs that is there, unless it was built without libwrap.
fn installed<'p>(paths: &[&'p str], disk: &Disk, libraries: &mut Libraries) -> Option<&'p Path> {
    let mut paths = paths.iter().copied().map(Path::new);
    let program = paths.find(|path| disk.metadata(path).is_ok())?;
    (libraries.links_libwrap(program, disk) != Some(false)).then_some(program)
}
