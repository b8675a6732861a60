use super::*;
use crate::flags::Protocol;
use crate::negotiate::Wishes;

const ALL: Actions = Actions::ADD_FIELDS;

fn terms(actions: u32, protocol: Protocol) -> Terms {
    let wishes =
        Wishes { optional_actions: Actions::from_bits(actions), leading_space: true, ..Wishes::default() };
    Terms::agree(6, Actions::from_bits(actions), protocol, &wishes).expect("terms")
}

fn written(edits: &mut Edits, terms: &Terms) -> (String, usize) {
    let mut out = Vec::new();
    let left_out = edits.write(terms, &mut out);
    let mut shown = String::new();
    let mut rest = &out[..];
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (packet, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        shown.push_str(&format!("{}\n", packet.escape_ascii()));
        rest = after;
    }
    (shown, left_out)
}

fn check(expected: &str, make: impl FnOnce(&mut Edits) -> Result<(), EditError>) {
    let mut edits = Edits::new();
    make(&mut edits).expect("edits");
    assert_eq!(written(&mut edits, &terms(0x1ff, Protocol::LEADING_SPACE)), (expected.to_owned(), 0));
}

#[test]
fn writes_deletions_from_last_to_first() {
    check(
        concat!(
            r"m\x00\x00\x00\x08A\x00\x00",
            "\n",
            r"m\x00\x00\x00\x02a\x00\x00",
            "\n",
            r"m\x00\x00\x00\x01A\x00\x00",
            "\n",
            r"m\x00\x00\x00\x05B\x00 new\x00",
            "\n",
        ),
        |edits| {
            edits.delete_field("A", 1)?;
            edits.change_field("B", 5, b" new")?;
            edits.delete_field("A", 8)?;
            edits.delete_field("a", 2)
        },
    );
}

#[test]
fn lets_the_last_edit_of_a_field_count() {
    check("m\\x00\\x00\\x00\\x01a\\x00 two\\x00\n", |edits| {
        edits.delete_field("A", 1)?;
        edits.change_field("A", 1, b" one")?;
        edits.change_field("a", 1, b" two")
    });
}

#[test]
fn writes_everything_in_order() {
    check(
        concat!(
            r"m\x00\x00\x00\x01X\x00\x00",
            "\n",
            r"hEnd\x00 of fields\x00",
            "\n",
            r"i\x00\x00\x00\x00Top\x00 a\n\tb\x00",
            "\n",
            r"i\x00\x00\x00\x01Next\x00c\x00",
            "\n",
            r"e<a@b.example>\x00",
            "\n",
            r"2<c@d.example>\x00NOTIFY=NEVER\x00",
            "\n",
            r"+<e@f.example>\x00",
            "\n",
            r"-<g@h.example>\x00",
            "\n",
            r"bbody\r\n",
            "\n",
            r"qpolicy\x00",
            "\n",
        ),
        |edits| {
            edits.quarantine("policy")?;
            edits.replace_body(b"body\r\n".to_vec());
            edits.change_from("<a@b.example>", "")?;
            edits.add_rcpt("<c@d.example>", "NOTIFY=NEVER")?;
            edits.add_rcpt("<e@f.example>", "")?;
            edits.delete_rcpt("<g@h.example>")?;
            edits.insert_field(0, "Top", b" a\r\n\tb")?;
            edits.insert_field(1, "Next", b"c")?;
            edits.add_field("End", b" of fields")?;
            edits.delete_field("X", 1)
        },
    );
}

#[test]
fn leaves_the_space_to_an_mta_that_puts_it() {
    let mut edits = Edits::new();
    for value in [&b" a"[..], b"a", b"  a", b" "] {
        edits.add_field("N", value).expect("a field");
    }
    let expected = "hN\\x00a\\x00\nhN\\x00a\\x00\nhN\\x00 a\\x00\nhN\\x00 \\x00\n";
    assert_eq!(written(&mut edits, &terms(0x1ff, Protocol::NONE)).0, expected);
}

#[test]
fn leaves_out_what_was_not_agreed() {
    let mut edits = Edits::new();
    edits.delete_field("A", 1).expect("an edit");
    edits.add_field("B", b" b").expect("an edit");
    edits.quarantine("why").expect("an edit");
    edits.change_from("<>", "").expect("an edit");
    edits.replace_body(Vec::new());
    let agreed = terms(ALL.bits(), Protocol::LEADING_SPACE);
    assert_eq!(written(&mut edits, &agreed), ("hB\\x00 b\\x00\n".to_owned(), 4));
}

#[test]
fn refuses_what_is_no_field() {
    let value = |value: &[u8]| Edits::new().add_field("A", value);
    let at = |at| Err(EditError::FieldValue { at });
    for (octets, expected) in [
        (&b" a"[..], Ok(())),
        (b"", Ok(())),
        (b"a\r\n b\n\tc", Ok(())),
        (b"a\r\nBcc: x", at(1)),
        (b"a\nBcc: x", at(1)),
        (b"a\r\n", at(1)),
        (b"a\r b", at(1)),
        (b"a\r\r\n b", at(1)),
        (b"a\r\n\r\n b", at(1)),
        (b"a\n\n b", at(1)),
        (b"ab\0", at(2)),
        (b"\xe3\x81\x82", Ok(())),
    ] {
        assert_eq!(value(octets), expected, "{}", octets.escape_ascii());
    }
    for name in ["", "a b", "a:", "a\u{e9}", "a\r\n"] {
        assert_eq!(Edits::new().delete_field(name, 1), Err(EditError::FieldName), "{name:?}");
    }
    let mut edits = Edits::new();
    assert_eq!(edits.delete_field("A", 0), Err(EditError::Index { index: 0 }));
    assert_eq!(edits.delete_field("A", 1 << 31), Err(EditError::Index { index: 1 << 31 }));
    assert_eq!(edits.change_field("A", 1, b""), Err(EditError::EmptyValue));
    assert_eq!(edits.add_rcpt("<a@b>\r\n", ""), Err(EditError::Control));
    assert_eq!(edits.quarantine(""), Err(EditError::EmptyValue));
    assert_eq!(edits.add_field("A", &vec![b'x'; MAX_EDIT]), Err(EditError::TooLong { octets: MAX_EDIT + 1 }));
    assert!(edits.is_empty());
}

#[test]
fn cuts_a_long_body() {
    let mut edits = Edits::new();
    edits.replace_body(vec![b'x'; 200_000]);
    let mut out = Vec::new();
    assert_eq!(edits.write(&terms(0x1ff, Protocol::NONE), &mut out), 0);
    assert_eq!(out.len(), 200_000 + 4 * 5);
    assert_eq!(&out[..5], b"\0\0\xff\xffb");
}
