use memchr::memchr;

/// Writes a field whose body is a tag list, folded so that lines stay short
/// (RFC 5322 §2.1.1: 78 octets) wherever there is a place to fold.
#[derive(Clone, Debug)]
pub(crate) struct FoldedField {
    text: String,
    /// Octets of the current line.
    line: usize,
    has_tags: bool,
}

impl FoldedField {
    /// Begins a field.
    pub(crate) fn new(name: &str) -> FoldedField {
        let mut text = String::with_capacity(1_024);
        text.push_str(name);
        text.push(':');
        FoldedField { line: text.len(), text, has_tags: false }
    }

    /// Adds a tag that is not folded within.
    pub(crate) fn tag(&mut self, name: &str, value: &str) {
        self.begin_tag(name.len() + 1 + value.len());
        self.push(name);
        self.push("=");
        self.push(value);
    }

    /// Adds a tag whose value may be folded after each colon.
    pub(crate) fn list(&mut self, name: &str, value: &str) {
        let (first, mut rest) = split_after_colon(value);
        self.begin_tag(name.len() + 1 + first.len());
        self.push(name);
        self.push("=");
        self.push(first);
        while !rest.is_empty() {
            let (item, later) = split_after_colon(rest);
            // Room for the item, and for ";" after the last one.
            if self.line + item.len() + 1 > LINE {
                self.fold();
            }
            self.push(item);
            rest = later;
        }
    }

    /// Begins a tag whose value comes later, on a new line.
    pub(crate) fn open_tag(&mut self, name: &str) {
        self.begin_tag(LINE);
        self.push(name);
        self.push("=");
    }

    /// Adds Base64, folded where lines are full.
    pub(crate) fn base64(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.line >= LINE {
                self.fold();
            }
            let (now, later) = rest.split_at(rest.len().min(LINE - self.line));
            self.push(now);
            rest = later;
        }
    }

    /// The field so far, without a line end.
    pub(crate) fn as_octets(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The whole field, with its CRLF.
    pub(crate) fn finish(mut self) -> String {
        self.text.push_str("\r\n");
        self.text
    }

    /// Separates from the tag before, and folds where `len` octets do not fit.
    fn begin_tag(&mut self, len: usize) {
        if self.has_tags {
            self.push(";");
        }
        self.has_tags = true;
        if self.line + 1 + len + 1 > LINE {
            self.fold();
        } else {
            self.push(" ");
        }
    }

    fn fold(&mut self) {
        self.text.push_str("\r\n");
        self.text.push_str(INDENT);
        self.line = INDENT.len();
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.line += text.len();
    }
}

fn split_after_colon(text: &str) -> (&str, &str) {
    let end = memchr(b':', text.as_bytes()).map_or(text.len(), |colon| colon + 1);
    text.split_at(end)
}

/// Octets of a line, without its CRLF.
const LINE: usize = 76;

/// What a folded line begins with.
const INDENT: &str = "    ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds() {
        let mut field = FoldedField::new("DKIM-Signature");
        field.tag("v", "1");
        field.tag("d", "an-organization-with-a-long-name.example");
        field.tag("s", "selector1");
        field.list("h", &"Content-Transfer-Encoding:".repeat(4));
        field.open_tag("b");
        field.base64(&"A".repeat(100));
        let expected = "DKIM-Signature: v=1; d=an-organization-with-a-long-name.example;\r\n    \
                        s=selector1; h=Content-Transfer-Encoding:Content-Transfer-Encoding:\r\n    \
                        Content-Transfer-Encoding:Content-Transfer-Encoding:;\r\n    \
                        b=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n    \
                        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n";
        assert_eq!(field.finish(), expected);
    }
}
