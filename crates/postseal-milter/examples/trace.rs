//! A filter that prints what an MTA shows it, and edits as it is told by fields of
//! the message: to learn what an MTA does.
//!
//!     cargo run -p postseal-milter --example trace -- inet:127.0.0.1:8890
//!     cargo run -p postseal-milter --example trace -- unix:/run/trace.sock
//!
//! | field | effect |
//! |---|---|
//! | `X-Insert: 1` | inserts a field at position 1 |
//! | `X-Delete: 2` | deletes the second `X-Old` |
//! | `X-Answer: reject`, `discard`, `refuse`, `quarantine` | answers so |
//! | `X-Wait: 3` | waits 3 seconds before it answers |

#![expect(clippy::print_stdout, reason = "it is its purpose")]

use std::env;
use std::error::Error;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use postseal_milter::{
    Access, Actions, Answer, Client, Config, Edits, Handler, Interest, Macros, Milter, Path, Peer, ReplyCode,
    Server, SessionError, Socket, Stage, Stop, Terms, Verdict, Wishes,
};

/// What `--macros` asks for.
const WANTED: [(Stage, &str); 5] = [
    (Stage::Connect, "j {daemon_name} {daemon_addr} {daemon_port} {client_addr} {client_port} {client_ptr}"),
    (Stage::Helo, "{tls_version} {cipher}"),
    (Stage::Mail, "i {auth_type} {auth_authen} {auth_author} {mail_addr}"),
    (Stage::Rcpt, "{rcpt_addr}"),
    (Stage::EndOfMessage, "i {msg_id}"),
];

struct Trace;

#[derive(Default)]
struct Printer {
    edits: Edits,
    answer: Answer,
    wait: u64,
    olds: u32,
    body: usize,
}

impl Milter for Trace {
    type Handler = Printer;

    fn wishes(&self) -> Arc<Wishes> {
        let interest = if env::args().any(|argument| argument == "--answered") {
            Interest::Answered
        } else {
            Interest::Watched
        };
        let macros = match env::args().any(|argument| argument == "--macros") {
            true => WANTED.to_vec(),
            false => Vec::new(),
        };
        Arc::new(Wishes {
            macros,
            connect: interest,
            helo: interest,
            mail: interest,
            rcpt: interest,
            data: interest,
            header: interest,
            end_of_header: interest,
            body: interest,
            unknown: interest,
            required_actions: Actions::ADD_FIELDS,
            optional_actions: Actions::from_bits(0xff),
            leading_space: true,
            ..Wishes::default()
        })
    }

    fn handler(&self, peer: Peer) -> Option<Printer> {
        println!("peer {peer:?}");
        Some(Printer::default())
    }
}

impl Printer {
    fn say(&self, stage: &str, text: &[u8], macros: Option<&Macros>) -> Answer {
        println!("{stage}: {}", text.escape_ascii());
        for (name, value) in macros.into_iter().flat_map(Macros::iter) {
            println!("    {} = {}", name.escape_ascii(), value.escape_ascii());
        }
        Answer::Continue
    }

    fn obey(&mut self, name: &str, value: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
        match (name, value.trim()) {
            ("X-Old", _) => self.olds += 1,
            ("X-Insert", at) => self.edits.insert_field(
                at.parse()?,
                "X-Inserted",
                format!(" at {at},\r\n folded").as_bytes(),
            )?,
            ("X-Delete", "all") => {
                for index in 1..=self.olds {
                    self.edits.delete_field("x-old", index)?;
                }
            }
            ("X-Delete", index) => self.edits.delete_field("X-Old", index.parse()?)?,
            ("X-Wait", seconds) => self.wait = seconds.parse()?,
            ("X-Answer", "reject") => self.answer = Answer::Reject,
            ("X-Answer", "discard") => self.answer = Answer::Discard,
            ("X-Answer", "tempfail") => self.answer = Answer::Tempfail,
            ("X-Answer", "shutdown") => self.answer = Answer::Shutdown,
            ("X-Answer", "quarantine") => self.edits.quarantine("the message said so")?,
            ("X-Answer", "from") => self.edits.change_from("<changed@contoso.example>", "")?,
            ("X-Answer", "refuse") => {
                let reply = ReplyCode::new(550, "5.7.1", "first line\nsecond, 100% sure")?;
                self.answer = Answer::Refuse(reply);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Handler for Printer {
    fn negotiated(&mut self, terms: &Terms) {
        println!("negotiated: {terms:x?}");
    }
    fn connect(&mut self, client: &Client<'_>, macros: &Macros) -> Answer {
        println!("address {:?}", client.address);
        self.say("connect", client.name, Some(macros))
    }
    fn helo(&mut self, name: &[u8], macros: &Macros) -> Answer {
        self.say("helo", name, Some(macros))
    }
    fn mail(&mut self, path: &Path<'_>, macros: &Macros) -> Answer {
        *self = Printer::default();
        for parameter in path.parameters() {
            self.say("parameter", parameter, None);
        }
        self.say("mail", path.address, Some(macros))
    }
    fn rcpt(&mut self, path: &Path<'_>, macros: &Macros) -> Answer {
        self.say("rcpt", path.address, Some(macros))
    }
    fn data(&mut self, macros: &Macros) -> Answer {
        self.say("data", b"", Some(macros))
    }
    fn header(&mut self, name: &[u8], value: &[u8]) -> Answer {
        let field = [name, b":", value].concat();
        if let Err(error) = self.obey(&String::from_utf8_lossy(name), &String::from_utf8_lossy(value)) {
            println!("not obeyed: {error}");
        }
        self.say("header", &field, None)
    }
    fn end_of_header(&mut self, macros: &Macros) -> Answer {
        self.say("end of header", b"", Some(macros))
    }
    fn body(&mut self, octets: &[u8]) -> Answer {
        self.body += octets.len();
        self.say("body", &octets[..octets.len().min(60)], None)
    }
    async fn end_of_message(&mut self, macros: &Macros) -> Verdict {
        self.say("end of message", self.body.to_string().as_bytes(), Some(macros));
        tokio::time::sleep(Duration::from_secs(self.wait)).await;
        Verdict { edits: std::mem::take(&mut self.edits), answer: self.answer.clone() }
    }
    fn unknown(&mut self, line: &[u8], macros: &Macros) -> Answer {
        self.say("unknown", line, Some(macros))
    }
    fn abort(&mut self) {
        println!("abort");
    }
    fn close(&mut self) {
        println!("close");
    }
    fn failed(&mut self, error: &SessionError) {
        println!("failed: {error}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::new(Trace, Config::default());
        let address = env::args().nth(1).ok_or("an address is needed: inet:HOST:PORT or unix:PATH")?;
        let socket = match address.split_once(':') {
            Some(("inet", address)) => Socket::tcp(address.parse()?).await?,
            Some(("unix", path)) => Socket::unix(FilePath::new(path), Access { mode: 0o666, group: None })?,
            _ => return Err("an address is inet:HOST:PORT or unix:PATH".into()),
        };
        server.listen(socket);
        tokio::signal::ctrl_c().await?;
        server.stop(Stop::Drain { grace: Duration::from_secs(5) });
        println!("{:?}", server.finished().await);
        Ok(())
    })
}
