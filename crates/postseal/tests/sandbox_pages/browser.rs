//! A browser of few lines: cookies, links, forms, redirects. No JavaScript.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::html::{Html, attribute};

/// A sandbox that runs, in a directory of its own.
pub(crate) struct Sandbox {
    child: Child,
    url: String,
    directory: TempDir,
}

impl Sandbox {
    pub(crate) fn start(lang: &str) -> Sandbox {
        let directory = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_postseal"));
        command.args(["sandbox", "--lang", lang]).env("TMPDIR", directory.path()).env("NO_COLOR", "1");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let url = lines
            .find_map(|line| {
                line.ok()?.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned)
            })
            .expect("an address");
        Sandbox { child, url, directory }
    }

    pub(crate) fn host(&self) -> String {
        self.url.split('/').nth(2).expect("a host").to_owned()
    }

    /// The path that lets a browser in.
    pub(crate) fn entry(&self) -> String {
        self.url.split_once(&self.host()).expect("a path").1.to_owned()
    }

    /// An answer to octets.
    pub(crate) fn raw(&self, request: &str) -> String {
        exchange(&self.host(), request)
    }

    /// A browser that has opened the address.
    pub(crate) fn enter(&self, lang: &str) -> Browser {
        let mut browser = Browser {
            host: self.host(),
            lang: lang.to_owned(),
            cookie: String::new(),
            path: String::new(),
            page: Html::default(),
            status: 0,
            chosen: Vec::new(),
        };
        browser.get(&self.entry());
        assert_eq!(browser.status, 200, "{}", browser.page.text);
        browser
    }

    pub(crate) fn ends_and_leaves_nothing(mut self) {
        let kill = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(kill.expect("kill(1) runs").success());
        let deadline = Instant::now() + Duration::from_secs(60);
        let status = loop {
            match self.child.try_wait().expect("a child") {
                Some(status) => break status,
                None if Instant::now() > deadline => panic!("it does not end"),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        assert!(status.success(), "{status}");
        let left: Vec<_> = std::fs::read_dir(self.directory.path()).expect("there").collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What somebody sees and does.
pub(crate) struct Browser {
    host: String,
    lang: String,
    pub(crate) cookie: String,
    path: String,
    pub(crate) page: Html,
    pub(crate) status: u16,
    /// Radio buttons that were chosen on this page.
    chosen: Vec<(String, String)>,
}

impl Browser {
    pub(crate) fn get(&mut self, path: &str) {
        self.ask("GET", path, "");
    }

    /// Presses the button, follows the link or chooses what has this name. `record`: what is filled into fields of these
    /// names; `beside`: where several buttons have the name, the one beside such a text.
    pub(crate) fn follow(&mut self, label: &str, record: &[(String, String)], beside: &[String]) {
        for form in self.page.forms() {
            let inside = &form.inside;
            let Some((_, button)) = inside.buttons().into_iter().find(|(text, button)| {
                let accessible = attribute(button, "aria-label");
                let alike = self.page.buttons().iter().filter(|(other, _)| other == text).count();
                text == label
                    && (alike == 1
                        || beside.is_empty()
                        || beside.iter().any(|near| accessible.contains(near)))
            }) else {
                continue;
            };
            let mut fields: Vec<(String, String)> = inputs(inside);
            for (name, id) in inside.labels().iter().map(|(text, tag)| (text, attribute(tag, "for"))) {
                let Some((_, value)) = record.iter().find(|(field, _)| field == name) else { continue };
                let tag = inside.field(&id).expect("a field of the label");
                fields.retain(|(field, _)| *field != attribute(&tag, "name"));
                fields.push((attribute(&tag, "name"), value.clone()));
            }
            for (name, value) in std::mem::take(&mut self.chosen) {
                fields.retain(|(field, _)| *field != name);
                fields.push((name, value));
            }
            if !attribute(&button, "name").is_empty() {
                fields.push((attribute(&button, "name"), attribute(&button, "value")));
            }
            let body = serde_urlencoded::to_string(fields).expect("encoded");
            return self.ask("POST", &form.action, &body);
        }
        if let Some((_, link)) = self.page.links().into_iter().find(|(text, _)| text == label) {
            return self.get(&attribute(&link, "href"));
        }
        let found = self.page.labels().into_iter().find(|(text, _)| text == label);
        let (_, tag) =
            found.unwrap_or_else(|| panic!("nothing is called {label} on {}: {}", self.path, self.page.text));
        let field = self.page.field(&attribute(&tag, "for")).expect("a field of the label");
        self.chosen.push((attribute(&field, "name"), attribute(&field, "value")));
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) {
        let Browser { host, cookie, lang, .. } = &*self;
        let form = match method {
            "POST" => format!(
                "Origin: http://{host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                body.len()
            ),
            _ => String::new(),
        };
        let answer = exchange(
            host,
            &format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Language: {lang}\r\nCookie: {cookie}\r\n{form}Connection: close\r\n\r\n{body}"
            ),
        );
        let (header, page) = answer.split_once("\r\n\r\n").expect("a header section");
        self.status = header.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let field = |name: &str| {
            let lines = header.lines().filter_map(|line| line.split_once(": "));
            lines
                .filter(|(field, _)| field.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
                .collect::<Vec<_>>()
        };
        let set: Vec<String> = field("set-cookie")
            .iter()
            .filter_map(|value| value.split(';').next().map(str::to_owned))
            .collect();
        if let Some(session) = set.iter().find(|value| value.starts_with("postseal_sandbox")) {
            self.cookie.clone_from(session);
        }
        if self.status == 303 {
            let place = field("location").first().cloned().expect("a place");
            return self.get(&place);
        }
        self.path = path.to_owned();
        self.chosen.clear();
        self.page = Html::new(page);
    }
}

/// The fields of a form with the values that they have at first.
fn inputs(form: &Html) -> Vec<(String, String)> {
    let tags = form
        .text
        .split("<input")
        .skip(1)
        .filter_map(|part| part.split_once('>'))
        .map(|(tag, _)| tag.to_owned());
    let sent = tags.filter(|tag| !tag.contains("type=\"radio\"") || tag.contains(" checked"));
    let mut fields: Vec<(String, String)> =
        sent.map(|tag| (attribute(&tag, "name"), attribute(&tag, "value"))).collect();
    fields
        .extend(form.all_between("<textarea", ">").iter().map(|tag| (attribute(tag, "name"), String::new())));
    fields
}

pub(crate) fn exchange(host: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    unchunked(&String::from_utf8_lossy(&answer))
}

/// Bodies of a known length are not chunked; ours are all known.
fn unchunked(answer: &str) -> String {
    assert!(!answer.to_ascii_lowercase().contains("transfer-encoding: chunked"), "a body in chunks");
    answer.to_owned()
}
