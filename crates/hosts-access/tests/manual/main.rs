//! Every table in the manual does what the manual says: its examples run through the engine,
//! with a made-up world.

mod page;

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use hosts_access::fake::FakeWorld;
use hosts_access::report::problem::Diagnostic;
use hosts_access::request::{Host, Request as Ask};
use hosts_access::search::access::{Decision, Tables, Verdict, hosts_access};
use hosts_access::table::place::Place;
use hosts_access::world::{Log, World};

use page::{Example, Page, Request};

const CLIENT_PORT: u16 = 40_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages that describe the tables and tcpd.
fn pages() -> Vec<Page> {
    let names = ["hosts_access.5", "hosts_options.5", "tcpd.8"];
    names
        .iter()
        .map(|name| Page::read(&root().join("man").join(name)))
        .collect()
}

/// Messages and options of a request.
#[derive(Default)]
struct Heard {
    messages: RefCell<Vec<String>>,
    options: RefCell<Vec<String>>,
}

impl Log for Heard {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.messages.borrow_mut().push(diagnostic.to_string());
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        let text = [keyword, value].join(&b' ');
        let text = String::from_utf8_lossy(&text).trim_end().to_owned();
        self.options.borrow_mut().push(text);
    }
}

/// The world of an example as a request finds it.
fn world(example: &Example, request: &Request) -> FakeWorld {
    let mut world = FakeWorld::new()
        // A folder, which the tables and lists cannot be.
        .unreadable("/etc")
        .user("nobody", 65534, 65534);
    for (path, text) in &example.files {
        world = world.file(&Path::new("/etc").join(path).to_string_lossy(), text);
    }
    for (group, host) in &example.netgroups {
        world = world.netgroup(group, host);
    }
    for (name, address) in &example.listed {
        world = world.list_entry(name, address.parse().expect("an IPv4 address"));
    }
    if let Some(user) = request.facts.get("user") {
        world = world.ident(user);
    }
    let ends = [
        (request.fact("client", ""), request.facts.get("name")),
        (server(request), request.facts.get("servername")),
    ];
    for (address, name) in ends {
        world = match name.map(String::as_str) {
            None | Some("unknown") => world,
            // Nothing confirms this name.
            Some("paranoid") => world.pointer(address, "liar.example.net"),
            Some(name) => world.pointer(address, name).forward(name, name, &[address]),
        };
    }
    world
}

fn server(request: &Request) -> &str {
    request.fact("server", "192.0.2.1")
}

fn host(address: &str, port: u16) -> Host {
    match address.parse::<IpAddr>() {
        Ok(ip) => Host::from_socket(SocketAddr::new(ip, port), address),
        Err(_) => Host::unknown(),
    }
}

fn run(example: &Example, request: &Request) -> (Decision, Heard) {
    let world = world(example, request);
    let heard = Heard::default();
    let port = request.fact("port", "0").parse().expect("a port");
    let client = host(request.fact("client", "unknown"), CLIENT_PORT);
    let mut ask = Ask::new(
        &request.facts["daemon"],
        client,
        host(server(request), port),
    );
    ask.stream = true;
    let tables = Tables {
        allow: "/etc/hosts.allow".into(),
        deny: "/etc/hosts.deny".into(),
    };
    let seen = World {
        log: &heard,
        ..world.world()
    };
    let decision = hosts_access(&tables, &mut ask, &seen, &mut world.effects());
    (decision, heard)
}

/// What is wrong with the outcome of a request.
fn faults(example: &Example, request: &Request) -> Vec<String> {
    let (decision, heard) = run(example, request);
    let (options, messages) = (heard.options.take(), heard.messages.take());
    let verdict = match decision.verdict {
        Verdict::Granted => "granted",
        Verdict::Denied => "denied",
        Verdict::Twist(_) => "twist",
    };
    let by = decision.matched.map_or("none".into(), |place: Place| {
        let table = place
            .table
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        format!("{table}:{}", place.line)
    });
    let mut faults = Vec::new();
    if verdict != request.verdict {
        faults.push(format!("verdict {verdict}"));
    }
    if request.by.as_ref().is_some_and(|expected| *expected != by) {
        faults.push(format!("matched {by}"));
    }
    if !request.options.is_empty() && request.options != options {
        faults.push(format!("options {options:#?}"));
    }
    for text in &request.says {
        if !messages.iter().any(|message| message.contains(text)) {
            faults.push(format!("messages {messages:#?}"));
        }
    }
    faults
}

#[test]
fn every_table_does_what_the_page_says() {
    let mut wrong = Vec::new();
    for example in pages().iter().flat_map(|page| &page.examples) {
        for request in &example.requests {
            for fault in faults(example, request) {
                wrong.push(format!("{}: {}: {fault}", example.name, request.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A positive case without a negative one would show little.
#[test]
fn every_table_has_two_different_outcomes() {
    for page in pages() {
        for example in &page.examples {
            let outcome = |request: &Request| (request.verdict.clone(), request.by.clone());
            let first = example.requests.first().map(outcome);
            let differs = example
                .requests
                .iter()
                .map(outcome)
                .any(|other| Some(other) != first);
            assert!(differs, "{}: one outcome only", example.name);
        }
    }
}

/// Blocks of configuration are part of the files that are shipped, but for comments and blanks.
#[test]
fn shipped_files_have_what_the_page_shows() {
    let words = |text: &str| -> Vec<Vec<String>> {
        let lines = text
            .lines()
            .map(|line| line.split_whitespace().map(Into::into).collect());
        lines
            .filter(|line: &Vec<String>| line.first().is_some_and(|word| !word.starts_with('#')))
            .collect()
    };
    let mut count = 0;
    for (path, block) in pages().into_iter().flat_map(|page| page.shipped) {
        let file = std::fs::read_to_string(root().join(&path)).expect("a shipped file");
        let (file, block) = (words(&file), words(&block));
        let mut rest = file.iter();
        let missing = block.iter().find(|line| !rest.any(|other| other == *line));
        assert_eq!(missing, None, "{path}");
        count += 1;
    }
    assert!(count > 0);
}

/// The sections of a page that the engine's files answer to, and the files' own words for them.
fn sections(page: &str) -> Vec<String> {
    const ABOUT_THE_PAGE: [&str; 13] = [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "FILES",
        "EXAMPLES",
        "DIAGNOSTICS",
        "Errors",
        "Warnings",
        "SEE ALSO",
        "STANDARDS",
        "HISTORY",
        "CAVEATS",
        "SECURITY CONSIDERATIONS",
    ];
    let text = std::fs::read_to_string(root().join("man").join(page)).expect("a manual page");
    let heading = |line: &str| {
        let title = line
            .strip_prefix(".Sh ")
            .or_else(|| line.strip_prefix(".Ss "));
        title.map(Into::into)
    };
    let titles = text.lines().filter_map(heading);
    titles
        .filter(|title: &String| !ABOUT_THE_PAGE.contains(&title.as_str()))
        .collect()
}

/// Every file below a folder.
fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the engine's files");
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What the heads of the engine's files cite of a page: `(hosts_access(5), TITLE, TITLE)`.
fn cited(page: &str) -> Vec<(PathBuf, String)> {
    let (mut files, mut found) = (Vec::new(), Vec::new());
    files_below(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    for path in files {
        let text = std::fs::read_to_string(&path).expect("the text of a file");
        let head: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("//! "))
            .collect();
        let head = head.join(" ");
        for citation in head.split(&format!("{page}, ")).skip(1) {
            let end = citation.find([')', ';']).expect("the end of a citation");
            let titles = citation[..end].split(", ");
            found.extend(titles.map(|title| (path.clone(), title.to_owned())));
        }
    }
    found
}

/// A reader of the manual finds the code of each section, and a reader of the code the section.
#[test]
fn each_section_has_its_file_and_each_citation_its_section() {
    for (page, citation) in [
        ("hosts_access.5", "hosts_access(5)"),
        ("hosts_options.5", "hosts_options(5)"),
    ] {
        let (sections, cited) = (sections(page), cited(citation));
        for (file, title) in &cited {
            assert!(
                sections.contains(title),
                "{}: {page} has no {title}",
                file.display()
            );
        }
        for title in sections {
            let found = cited.iter().any(|(_, other)| *other == title);
            assert!(found, "{page}: no file cites {title}");
        }
    }
}
