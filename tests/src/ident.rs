//! An ident server (RFC 1413) that says what the scenario wants, when it wants.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does with a query.
#[derive(Clone)]
enum Manner {
    /// Sends these bytes, `{P}` being the ports as asked.
    Reply(Vec<u8>),
    /// Sends them byte by byte, waiting in between.
    Slow(Vec<u8>, Duration),
    /// Sends nothing and keeps the connection.
    Silent,
    /// Sends these bytes over and over.
    Endless(Vec<u8>),
    /// Resets the connection.
    Reset,
}

/// The server, on port 113 of one address.
pub struct Ident {
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Ident {
    /// Starts on an address; the user is `joe`.
    pub fn start(address: &str) -> Self {
        let listener = TcpListener::bind((address, 113)).expect("bind the ident port");
        let ident = Self {
            manner: Arc::new(Mutex::new(Manner::Silent)),
            asked: Arc::default(),
        };
        ident.user("joe");
        let (manner, asked) = (Arc::clone(&ident.manner), Arc::clone(&ident.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (manner, asked) = (manner.lock().unwrap().clone(), Arc::clone(&asked));
                std::thread::spawn(move || serve(stream, &manner, &asked));
            }
        });
        ident
    }

    /// A proper reply with this user.
    pub fn user(&self, user: impl AsRef<[u8]>) -> &Self {
        self.reply([b"{P} : USERID : UNIX : ", user.as_ref(), b"\r\n"].concat())
    }

    /// Any reply; `{P}` stands for the ports, as asked.
    pub fn reply(&self, bytes: impl AsRef<[u8]>) -> &Self {
        self.set(Manner::Reply(bytes.as_ref().to_vec()))
    }

    /// A reply byte by byte.
    pub fn slow(&self, bytes: impl AsRef<[u8]>, pause: Duration) -> &Self {
        self.set(Manner::Slow(bytes.as_ref().to_vec(), pause))
    }

    /// No reply.
    pub fn silent(&self) -> &Self {
        self.set(Manner::Silent)
    }

    /// These bytes without end.
    pub fn endless(&self, bytes: &[u8]) -> &Self {
        self.set(Manner::Endless(bytes.to_vec()))
    }

    /// A reset instead of a reply.
    pub fn reset(&self) -> &Self {
        self.set(Manner::Reset)
    }

    /// The queries so far, as `FROM CLIENTPORT,SERVERPORT`; forgets them.
    pub fn queries(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn set(&self, manner: Manner) -> &Self {
        *self.manner.lock().unwrap() = manner;
        self
    }
}

fn serve(mut stream: TcpStream, manner: &Manner, asked: &Mutex<Vec<String>>) {
    let from = stream
        .peer_addr()
        .map(|peer| peer.ip().to_string())
        .unwrap_or_default();
    if matches!(manner, Manner::Reset) {
        asked.lock().unwrap().push(from);
        let socket = socket2::Socket::from(stream);
        let _ = socket.set_linger(Some(Duration::ZERO));
        return;
    }
    let query = read_line(&mut stream);
    asked
        .lock()
        .unwrap()
        .push(format!("{from} {}", query.escape_debug()));
    let ports = query.trim_end();
    match manner {
        Manner::Reply(bytes) => drop(stream.write_all(&filled(bytes, ports))),
        Manner::Slow(bytes, pause) => {
            for byte in filled(bytes, ports) {
                if stream.write_all(&[byte]).is_err() {
                    return;
                }
                std::thread::sleep(*pause);
            }
        }
        Manner::Silent => drop(stream.read(&mut [0])),
        Manner::Endless(bytes) => while stream.write_all(&filled(bytes, ports)).is_ok() {},
        Manner::Reset => {}
    }
}

fn read_line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") && stream.read(&mut byte).is_ok_and(|length| length == 1) {
        line.push(byte[0]);
    }
    String::from_utf8_lossy(&line).into_owned()
}

fn filled(bytes: &[u8], ports: &str) -> Vec<u8> {
    match bytes.windows(3).position(|window| window == b"{P}") {
        Some(at) => [&bytes[..at], ports.as_bytes(), &bytes[at + 3..]].concat(),
        None => bytes.to_vec(),
    }
}
