//! The files in `examples/` judge as the README says.

mod support;

use std::path::Path;

use support::{run, words};

fn judge(message: &str, ip: &str) -> support::Ran {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let (message, zone) = (examples.join(message), examples.join("contoso.example.zone"));
    let line = format!(
        "verify FILE --zone ZONE --json --ip {ip} --helo mail.contoso.example --mail-from bob@contoso.example"
    );
    run(&words(&line, &[("FILE", &message), ("ZONE", &zone)]))
}

#[test]
fn the_signed_message_passes() {
    let ran = judge("signed.eml", "198.51.100.10");
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{ran:?}");
    let json = ran.json();
    for result in [&json["spf"]["mail_from"], &json["spf"]["helo"], &json["dkim"][0], &json["dmarc"]]
        .map(|r| &r["result"])
    {
        assert_eq!(result, "pass", "{ran:?}");
    }
    assert_eq!(json["notes"], serde_json::json!([]));
}

#[test]
fn the_spoofed_message_is_rejected() {
    let ran = judge("spoofed.eml", "203.0.113.66");
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(
        (&ran.json()["dmarc"]["result"], &ran.json()["dmarc"]["disposition"]),
        (&"fail".into(), &"reject".into())
    );
}
