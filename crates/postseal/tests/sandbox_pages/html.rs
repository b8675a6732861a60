//! As much HTML as our own pages have.

/// A page, or a part of one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Html {
    pub(crate) text: String,
}

/// A form, with what its button sends.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) inside: Html,
}

impl Html {
    pub(crate) fn new(text: &str) -> Html {
        Html { text: text.to_owned() }
    }

    /// What stands between two marks, the first time.
    pub(crate) fn between(&self, from: &str, to: &str) -> Option<Html> {
        let (_, behind) = self.text.split_once(from)?;
        Some(Html::new(behind.split_once(to)?.0))
    }

    pub(crate) fn all_between(&self, from: &str, to: &str) -> Vec<String> {
        let parts = self.text.split(from).skip(1);
        parts.filter_map(|part| part.split_once(to).map(|(inside, _)| inside.to_owned())).collect()
    }

    /// Terms and their values.
    pub(crate) fn definitions(&self) -> Vec<(String, String)> {
        let terms = self.all_between("<dt>", "</dt>");
        let values = self.all_between("<dd>", "</dd>");
        // Beside a value stands the button that copies it.
        let value = |value: &String| text_of(value.split("<button").next().unwrap_or_default());
        terms.iter().zip(&values).map(|(term, of)| (text_of(term), value(of))).collect()
    }

    pub(crate) fn headings(&self) -> Vec<String> {
        self.text.split("<h2").skip(1).filter_map(|part| element_text(part, "</h2>")).collect()
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        let parts = self.all_between("<form ", "</form>");
        let form = |part: String| Form { action: attribute(&part, "action"), inside: Html::new(&part) };
        parts.into_iter().map(form).collect()
    }

    /// The buttons: what is seen on each, and its tag.
    pub(crate) fn buttons(&self) -> Vec<(String, String)> {
        self.elements("<button", "</button>")
    }

    pub(crate) fn links(&self) -> Vec<(String, String)> {
        self.elements("<a ", "</a>")
    }

    pub(crate) fn labels(&self) -> Vec<(String, String)> {
        self.elements("<label ", "</label>")
    }

    fn elements(&self, begin: &str, end: &str) -> Vec<(String, String)> {
        let parts = self.text.split(begin).skip(1);
        parts
            .filter_map(|part| Some((element_text(part, end)?, part.split_once('>')?.0.to_owned())))
            .collect()
    }

    pub(crate) fn has_button_or_link(&self, label: &str) -> bool {
        self.buttons().iter().chain(&self.links()).chain(&self.labels()).any(|(text, _)| text == label)
    }

    /// The tag of the field with this id.
    pub(crate) fn field(&self, id: &str) -> Option<String> {
        let at = self.text.find(&format!(" id=\"{id}\""))?;
        let begin = self.text[..at].rfind('<')?;
        Some(self.text[begin..].split_once('>')?.0.to_owned())
    }
}

fn element_text(part: &str, end: &str) -> Option<String> {
    let (_, inside) = part.split_once(end).map(|(inside, _)| inside)?.split_once('>')?;
    Some(text_of(inside))
}

/// The value of an attribute in a tag.
pub(crate) fn attribute(tag: &str, name: &str) -> String {
    let found = tag.split_once(&format!("{name}=\"")).and_then(|(_, behind)| behind.split_once('"'));
    found.map(|(value, _)| plain(value)).unwrap_or_default()
}

/// What is seen of some HTML.
pub(crate) fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in html.chars() {
        match character {
            '<' => inside = true,
            '>' if inside => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    plain(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plain(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
