use crate::cli::check::shown;
use crate::cli::terminal::Paint;
use crate::explanation::{Explanation, HopText, Kind};
use crate::words::{Lang, say};

/// An explanation for people.
pub(super) fn write(explanation: &Explanation, paint: Paint, lang: Lang) -> String {
    let mut page = Page { text: String::new() };
    let kind = match explanation.kind {
        Kind::Bounce => lang.pick("Bounce", "配信不能通知"),
        Kind::AuthenticationResults => {
            lang.pick("Authentication-Results", "Authentication-Results フィールド")
        }
        Kind::Message => lang.pick("Message", "メール"),
        Kind::Arc => lang.pick("ARC", "ARC フィールド"),
    };
    let receiver =
        explanation.receiver.as_deref().map(|name| say!(lang, " ({name})", "({name})")).unwrap_or_default();
    let heading = paint.strong(&format!("{kind}{receiver}"));
    // Only a refusal can have another reason.
    let about = match (explanation.kind, explanation.authentication) {
        (Kind::Bounce, true) => {
            format!(": {}", lang.pick("an authentication problem", "メール認証の問題です"))
        }
        (Kind::Bounce, false) => {
            format!(": {}", lang.pick("not an authentication problem", "メール認証の問題ではありません"))
        }
        (Kind::AuthenticationResults | Kind::Arc | Kind::Message, _) => String::new(),
    };
    page.line(0, &format!("{heading}{about}"));
    page.line(0, &shown(&explanation.summary));
    for cause in &explanation.causes {
        page.line(0, "");
        page.line(2, &format!("{}: {}", paint.warn(cause.id), cause.message));
        if !cause.evidence.is_empty() {
            let evidence = paint.dim(&shown(&cause.evidence));
            page.line(4, &evidence);
        }
    }
    page.hops(&explanation.hops, paint, lang);
    page.line(0, "");
    page.line(0, lang.pick("What to do:", "対処:"));
    for fix in &explanation.fixes {
        page.line(2, &shown(fix));
    }
    let origin = [&explanation.rule, &explanation.source, &explanation.last_verified];
    let origin: Vec<&str> = origin.into_iter().flatten().map(String::as_str).collect();
    if !origin.is_empty() {
        page.line(0, "");
        page.line(0, &paint.dim(&shown(&origin.join("  "))));
    }
    for note in &explanation.notes {
        let note = paint.dim(&shown(note));
        page.line(0, &note);
    }
    page.text
}

struct Page {
    text: String,
}

impl Page {
    /// The way of the message, one mail server a line.
    fn hops(&mut self, hops: &[HopText], paint: Paint, lang: Lang) {
        if hops.is_empty() {
            return;
        }
        self.line(0, "");
        self.line(0, lang.pick("Its way:", "経路:"));
        for hop in hops {
            let by = shown(hop.by.as_deref().unwrap_or("?"));
            self.line(2, &by);
            if !hop.added.is_empty() {
                let added = shown(&hop.added.join(", "));
                let label = lang.pick("added", "追加");
                let added = paint.dim(&format!("{label}: {added}"));
                self.line(4, &added);
            }
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
    }
}
