//! Debian's library as a function from cases to outcomes. The only unsafe code of this crate.
//!
//! The library is C and works on global variables, so it must not run in two threads at once; `Original`
//! can be neither copied nor sent, and this program has one thread.
#![expect(
    unsafe_code,
    reason = "calls into original.c, which runs Debian's library"
)]

use std::ffi::{CStr, CString, c_char};
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::case::{Case, Content, End};
use crate::outcome::{Event, Outcome, Verdict};

unsafe extern "C" {
    fn original_load(path: *const c_char) -> *const c_char;
    fn original_run(encoded: *const u8, text: *mut *const u8) -> usize;
}

/// The library, loaded.
pub(crate) struct Original(PhantomData<*const ()>);

impl Original {
    /// Loads the library. To be called once.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: the path is NUL-terminated and lives through the call.
        let error = unsafe { original_load(path.as_ptr()) };
        if !error.is_null() {
            // SAFETY: what is not null is a constant or dlerror(3)'s text, NUL-terminated.
            let error = unsafe { CStr::from_ptr(error) };
            bail!("{}", error.to_string_lossy());
        }
        Ok(Self(PhantomData))
    }

    /// What the library does with a case.
    pub(crate) fn run(&self, case: &Case) -> Result<Outcome> {
        let encoded = encode(case)?;
        let mut text = std::ptr::null();
        // SAFETY: the encoding is the one that original.c reads, within its bounds (`encode` checks
        // the counts), and it lives through the call.
        let size = unsafe { original_run(encoded.as_ptr(), &raw mut text) };
        // SAFETY: `text` is the record, of which `size` bytes were written. Nothing writes to it
        // before the next call.
        decode(unsafe { std::slice::from_raw_parts(text, size) })
    }
}

struct Encoder(Vec<u8>);

impl Encoder {
    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_ne_bytes());
    }

    fn count(&mut self, count: usize, most: usize) -> Result<()> {
        ensure!(count <= most, "the case is too large");
        self.number(u32::try_from(count)?);
        Ok(())
    }

    /// Text with the NUL byte that C wants.
    fn bytes(&mut self, text: &[u8]) -> Result<()> {
        self.number(u32::try_from(text.len())?);
        self.0.extend_from_slice(text);
        self.0.push(0);
        Ok(())
    }

    fn optional(&mut self, text: Option<&[u8]>) -> Result<()> {
        self.number(text.is_some().into());
        self.bytes(text.unwrap_or_default())
    }

    fn ip(&mut self, ip: IpAddr) -> Result<()> {
        match ip {
            IpAddr::V4(ip) => self.bytes(&ip.octets()),
            IpAddr::V6(ip) => self.bytes(&ip.octets()),
        }
    }

    fn end(&mut self, end: &End) -> Result<()> {
        self.bytes(&end.address)?;
        match end.socket {
            None => self.bytes(b"")?,
            Some(SocketAddr::V4(socket)) => {
                self.bytes(&[&socket.ip().octets()[..], &socket.port().to_be_bytes()[..]].concat())?
            }
            Some(SocketAddr::V6(socket)) => self.bytes(
                &[
                    &socket.ip().octets()[..],
                    &socket.port().to_be_bytes()[..],
                    &socket.scope_id().to_ne_bytes()[..],
                ]
                .concat(),
            )?,
        }
        self.optional(end.name.as_deref())
    }
}

/// The bounds are those of original.h.
fn encode(case: &Case) -> Result<Vec<u8>> {
    let mut to = Encoder(Vec::with_capacity(1024));
    to.bytes(&case.daemon)?;
    to.end(&case.client)?;
    to.end(&case.server)?;
    to.number(case.stream.into());
    to.optional(case.user.as_deref())?;
    to.optional(case.ident.as_deref())?;
    to.number(case.aclexec);
    to.count(case.pointers.len(), 4)?;
    for (ip, name) in &case.pointers {
        to.ip(*ip)?;
        to.bytes(name)?;
    }
    to.count(case.forwards.len(), 8)?;
    for forward in &case.forwards {
        to.bytes(&forward.name)?;
        to.bytes(&forward.canonical)?;
        to.count(forward.addresses.len(), 4)?;
        for ip in &forward.addresses {
            to.ip(*ip)?;
        }
    }
    to.count(case.files.len(), 32)?;
    for (path, content) in &case.files {
        to.bytes(path)?;
        let (kind, text): (_, &[u8]) = match content {
            Content::Text(text) => (0, text),
            Content::Unreadable => (1, b""),
            Content::Directory => (2, b""),
        };
        to.number(kind);
        to.bytes(text)?;
    }
    to.count(case.netgroups.len(), 16)?;
    for (group, host) in &case.netgroups {
        to.bytes(group)?;
        to.bytes(host)?;
    }
    Ok(to.0)
}

fn decode(mut record: &[u8]) -> Result<Outcome> {
    let mut events = Vec::new();
    let mut verdict = None;
    let mut severity = -1;
    while let Some((kind, rest)) = record.split_first() {
        let (size, rest) = rest.split_first_chunk().context("record cut short")?;
        let size = usize::try_from(u32::from_ne_bytes(*size))?;
        let (text, rest) = rest.split_at_checked(size).context("record cut short")?;
        record = rest;
        let number = || -> Result<i64> { Ok(std::str::from_utf8(text)?.parse()?) };
        let text = || text.to_vec();
        let event = match kind {
            b'M' => Event::Message(text()),
            b'S' => Event::Spawn(text()),
            b'C' => Event::Aclexec(text()),
            b'B' => Event::Banner(text()),
            b'E' => Event::SetEnv(text()),
            b'U' => Event::Umask(number()?),
            b'N' => Event::Nice(number()?),
            b'L' => Event::Linger(number()?),
            b'K' => Event::KeepAlive,
            b'I' => Event::Ident(number()?),
            other => {
                match other {
                    b'V' if number()? == 0 => verdict = Some(Verdict::Denied),
                    b'V' => verdict = Some(Verdict::Granted),
                    b'T' => verdict = Some(Verdict::Twist(text())),
                    b'X' => verdict = Some(Verdict::Exit),
                    b's' => severity = number()?,
                    _ => bail!("unknown event"),
                }
                continue;
            }
        };
        Outcome::push(&mut events, event);
    }
    Ok(Outcome {
        events,
        verdict: verdict.context("no verdict")?,
        severity,
    })
}
