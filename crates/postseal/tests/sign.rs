//! `postseal sign`: the message stays as it is, the field goes on top, and what
//! cannot be signed is refused in words.

mod support;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use support::{Files, program, run, run_with_input, words};

const MESSAGE: &str = "From: Bob <bob@contoso.example>\r\nSubject: One\r\n two\r\n\r\nHello\r\n\r\n\r\n";

fn key(files: &Files) -> PathBuf {
    let path = files.path("key.pem");
    let made = run(&[
        "keygen".as_ref(),
        "--algorithm".as_ref(),
        "ed25519".as_ref(),
        "--out".as_ref(),
        path.as_os_str(),
    ]);
    assert_eq!(made.status, 0, "{made:?}");
    path
}

fn sign(rest: &str, key: &Path, message: &Path) -> Vec<std::ffi::OsString> {
    let line =
        format!("sign FILE --domain contoso.example --selector s1 --key KEY --timestamp 1790000000 {rest}");
    words(&line, &[("FILE", message), ("KEY", key)])
}

#[test]
fn octets_below_the_field_are_untouched() {
    let files = Files::new();
    let key = key(&files);
    let odd = b"From: a@contoso.example\r\nX-8bit: \xff\xfe\r\n\r\n\x80 body \r\n.\r\nno end".to_vec();
    for message in [MESSAGE.as_bytes().to_vec(), MESSAGE.replace("\r\n", "\n").into_bytes(), odd] {
        let path = files.write("m.eml", &message);
        let from_file = run(&sign("", &key, &path));
        assert_eq!(from_file.status, 0, "{from_file:?}");
        let field = from_file.out.strip_suffix(message.as_slice()).expect("the message is at the end");
        assert!(field.starts_with(b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;"));
        assert!(field.ends_with(b"\n"));
        let is_local = !message.contains(&b'\r');
        assert_eq!(!field.contains(&b'\r'), is_local, "line ends as in the message");

        let from_pipe = run_with_input(&sign("", &key, Path::new("-")), &message);
        assert_eq!(from_pipe.out, from_file.out);
        let alone = run(&sign("--field-only", &key, &path));
        assert_eq!(alone.out, field);
        let json = run(&sign("--json", &key, &path)).json();
        assert_eq!(
            json["field"].as_str().map(|f| f.replace("\r\n", "\n")),
            String::from_utf8(field.to_vec()).ok().map(|f| f.replace("\r\n", "\n"))
        );
        assert_eq!(
            (json["algorithm"].as_str(), json["domain"].as_str()),
            (Some("ed25519-sha256"), Some("contoso.example"))
        );
    }
}

#[test]
fn the_list_of_fields_is_the_users() {
    let files = Files::new();
    let (key, path) = (key(&files), files.write("m.eml", MESSAGE));
    let text = run(&sign("--headers from:from:subject --field-only", &key, &path)).text();
    assert!(text.replace("\r\n", "").contains("h=from:from:subject;"), "{text}");
    assert!(text.contains("t=1790000000;"), "{text}");
    let refused = run(&sign("--headers subject:to", &key, &path));
    assert_eq!(refused.status, 2);
    assert!(refused.err.contains("lacks From") && refused.err.contains("from:to:subject"), "{}", refused.err);
}

#[test]
fn what_cannot_be_signed_says_why() {
    let files = Files::new();
    let key = key(&files);
    let check = |message: &Path, key: &Path, said: &[&str]| {
        let ran = run(&sign("", key, message));
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{ran:?}");
        assert!(said.iter().all(|text| ran.err.contains(text)), "{said:?} in {}", ran.err);
    };
    let message = files.write("m.eml", MESSAGE);
    check(&files.path("none.eml"), &key, &["none.eml cannot be opened", "or - to read"]);
    check(&files.write("empty.eml", ""), &key, &["empty.eml is empty", "an empty line"]);
    check(&files.write("binary.eml", b"\x7fELF\x02\x01\0\0\0"), &key, &["binary.eml is not a mail message"]);
    check(&files.write("text.eml", "Dear all,\n\nhello\n"), &key, &["text.eml is not a mail message"]);
    check(files.path("none.eml").parent().expect("a folder"), &key, &["is a folder"]);
    check(&files.write("no-from.eml", "Subject: x\r\n\r\n"), &key, &["no From field"]);
    check(&files.write("bare.eml", "From: a@b.example\r\nX: a\rb\r\n\r\n"), &key, &["a CR without LF"]);
    check(
        &files.write("long.eml", [b"From: a@b.example\r\nX: ".as_slice(), &vec![b'x'; 1_100_000]].concat()),
        &key,
        &["more than 1000000 octets"],
    );

    check(&message, &files.path("none.pem"), &["none.pem cannot be read", "postseal keygen"]);
    check(&message, &files.write("empty.pem", ""), &["empty.pem: there is no PEM private key"]);
    check(&message, &files.write("cut.pem", "-----BEGIN PRIVATE KEY-----\nMIIE\n"), &["cut.pem: "]);
    check(
        &message,
        &files.write("public.pem", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n"),
        &["public.pem: "],
    );
    let short = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bad_key_1024_bits.pem");
    check(&message, &short, &["1024 bits", "at least 2048", "postseal keygen --bits 2048"]);

    let bad_domain =
        words("sign FILE --domain nö..example --selector s1 --key KEY", &[("FILE", &message), ("KEY", &key)]);
    let ran = run(&bad_domain);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("--domain \"nö..example\""), "{}", ran.err);
    let japanese = run(&sign("--lang ja", &short, &message));
    assert!(
        japanese.err.contains("1024 ビット") && japanese.err.contains("postseal keygen"),
        "{}",
        japanese.err
    );
}

#[cfg(unix)]
#[test]
fn a_key_that_all_can_read_is_remarked_on() {
    use std::os::unix::fs::PermissionsExt as _;
    let files = Files::new();
    let (key, message) = (key(&files), files.write("m.eml", MESSAGE));
    assert_eq!(run(&sign("--field-only", &key, &message)).err, "");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("own file");
    let ran = run(&sign("--field-only", &key, &message));
    assert_eq!(ran.status, 0);
    assert!(ran.err.contains("every user of this machine") && ran.err.contains("chmod 600"), "{}", ran.err);
}

#[test]
fn a_reader_that_goes_away_is_no_news() {
    let files = Files::new();
    let key = key(&files);
    let large = [MESSAGE.as_bytes(), &b"x".repeat(998).repeat(4000)].concat();
    let message = files.write("large.eml", large);
    let mut child = program()
        .args(sign("", &key, &message))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut first = [0; 16];
    child.stdout.take().expect("piped").read_exact(&mut first).expect("it writes");
    assert_eq!(&first[..15], b"DKIM-Signature:");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(2), "the message was not written whole");
}
