/// What was done to a message after it was signed, as undoing it shows: with it undone,
/// the signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Lines were added at the end of the body or of a part of it.
    FooterAdded {
        /// The beginning of what was added.
        text: String,
    },
    /// Lines were added at the beginning of the body or of a part of it.
    BannerAdded {
        /// The beginning of what was added.
        text: String,
    },
    /// Lines were added in the midst of the body.
    LinesAdded {
        /// The beginning of what was added.
        text: String,
    },
    /// The message was put into a part of a new multipart message.
    Wrapped,
    /// Line ends were changed.
    LineEnds,
    /// Blanks at the ends of lines were added.
    TrailingBlanks,
    /// `From ` at the beginning of a line became `>From `.
    FromEscaped,
    /// A dot at the beginning of a line was doubled.
    DotsDoubled,
    /// Long lines were cut.
    LinesCut,
    /// The content was given another transfer encoding.
    ReEncoded {
        /// The encoding that the signed body had: `8bit`, `quoted-printable`, `base64`.
        from: &'static str,
    },
    /// The text was converted to another charset.
    CharsetConverted {
        /// The charset that the signed body had: `ISO-2022-JP`, `UTF-8` …
        from: &'static str,
        /// The transfer encoding that it had: `7bit`, `8bit`, `quoted-printable`, `base64`.
        encoding: &'static str,
        /// The charset that it has now.
        to: &'static str,
    },
    /// The body is another one, and no undoing that is known brings it back.
    BodyChanged,
    /// A tag was put into the subject.
    SubjectTagged {
        /// The tag.
        tag: String,
    },
    /// The From field was rewritten.
    FromRewritten {
        /// The field's body as it was signed.
        was: String,
    },
    /// Another signed field was rewritten, and its first form kept in another field.
    FieldRewritten {
        /// Its name.
        name: String,
    },
    /// A field was added whose name is signed.
    FieldAdded {
        /// Its name.
        name: String,
    },
    /// Header fields were folded anew or given other blanks.
    Refolded,
    /// The field that names the transfer encoding was changed.
    EncodingField {
        /// As it was signed; `None` where there was none.
        was: Option<&'static str>,
    },
    /// The Content-Type field is signed and had to change with the charset, and how it read
    /// could not be found; whether another field was changed too is not known.
    ContentTypeField,
    /// A signed field is no longer there.
    FieldMissing {
        /// Its name.
        name: String,
    },
    /// A signed header field is another one, or the key is not the signer's; no undoing that is known helps.
    HeaderChanged,
}

impl Change {
    /// The stable name used in output.
    pub fn id(&self) -> &'static str {
        match self {
            Change::FooterAdded { .. } => "footer-added",
            Change::BannerAdded { .. } => "banner-added",
            Change::LinesAdded { .. } => "lines-added",
            Change::Wrapped => "wrapped",
            Change::LineEnds => "line-ends",
            Change::TrailingBlanks => "trailing-blanks",
            Change::FromEscaped => "from-escaped",
            Change::DotsDoubled => "dots-doubled",
            Change::LinesCut => "lines-cut",
            Change::ReEncoded { .. } => "re-encoded",
            Change::CharsetConverted { .. } => "charset-converted",
            Change::BodyChanged => "body-changed",
            Change::SubjectTagged { .. } => "subject-tagged",
            Change::FromRewritten { .. } => "from-rewritten",
            Change::FieldRewritten { .. } => "field-rewritten",
            Change::FieldAdded { .. } => "field-added",
            Change::Refolded => "refolded",
            Change::EncodingField { .. } => "encoding-field",
            Change::ContentTypeField => "content-type-field",
            Change::FieldMissing { .. } => "field-missing",
            Change::HeaderChanged => "header-changed",
        }
    }

    /// True where it says what was done, and not only that something was.
    pub fn is_found(&self) -> bool {
        !matches!(
            self,
            Change::BodyChanged
                | Change::HeaderChanged
                | Change::ContentTypeField
                | Change::FieldMissing { .. }
        )
    }
}
