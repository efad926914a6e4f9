//! A server of HTTP on this machine that answers whatever a test wants it to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What somebody asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// The method and the path: `GET /v2/`.
    pub(crate) line: String,
    /// The headers, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What it answers.
pub(crate) enum Answer {
    /// Status, headers and a body of which the length is told.
    Whole(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// A body that ends before the length that is told.
    Broken(Vec<u8>, usize),
    /// A body without end.
    Endless,
}

/// A plain answer.
pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Answer::Whole(200, Vec::new(), body.into())
}

/// Sends whoever asks somewhere else.
pub(crate) fn elsewhere(location: impl Into<String>) -> Answer {
    Answer::Whole(307, vec![("location", location.into())], Vec::new())
}

/// A server. It runs until the test ends.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Whoever goes away has seen enough.
                let _ = serve(stream, &answer, &kept);
            }
        });
        Self { address, asked }
    }

    /// What was asked until now.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic while locked").clone()
    }
}

fn serve(stream: TcpStream, answer: &dyn Fn(&Asked) -> Answer, kept: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    // The first byte of TLS, which is not spoken here.
    if reader.fill_buf()?.first() == Some(&0x16) {
        return Ok(());
    }
    let mut asked = Asked::default();
    for line in reader.by_ref().lines() {
        let line = line?;
        match line.split_once(": ") {
            _ if line.is_empty() => break,
            Some((name, value)) => asked.headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None => asked.line = line.trim_end_matches(" HTTP/1.1").to_owned(),
        }
    }
    let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_string(&mut asked.body)?;
    kept.lock().expect("no panic while locked").push(asked.clone());
    let mut writer = stream;
    match answer(&asked) {
        Answer::Whole(status, headers, body) => {
            write!(writer, "HTTP/1.1 {status} Status\r\nConnection: close\r\nContent-Length: {}\r\n", body.len())?;
            for (name, value) in headers {
                write!(writer, "{name}: {value}\r\n")?;
            }
            writer.write_all(b"\r\n")?;
            writer.write_all(&body)
        }
        Answer::Broken(body, length) => {
            write!(writer, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")?;
            writer.write_all(&body)
        }
        Answer::Endless => {
            writer.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
            loop {
                writer.write_all(&chunk)?;
            }
        }
    }
}
