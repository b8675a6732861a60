//! The units that are shipped, by systemd's own tools where the system has them. They read files only: no service starts.
#![expect(clippy::print_stderr, reason = "it says where it could not look")]

mod support;

use std::path::Path;
use std::process::Command;

use support::Files;

/// Of 100 at most; a service without any hardening has 96.
const MAX_EXPOSURE: &str = "--threshold=20";

#[test]
fn units_are_right_and_the_service_is_confined() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        return eprintln!("not looked at: there is no systemd-analyze");
    }
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    let files = Files::new();
    let mut paths = Vec::new();
    for name in ["postseal.service", "postseal.socket"] {
        let text = std::fs::read_to_string(packaging.join(name)).expect("it is shipped");
        // What is to be started must exist.
        paths.push(files.write(name, text.replace("/usr/bin/postseal", env!("CARGO_BIN_EXE_postseal"))));
    }
    let said =
        Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&paths).output().expect("runs");
    let complaints = String::from_utf8_lossy(&said.stderr);
    let ours = complaints.lines().filter(|line| line.contains("postseal"));
    assert!(said.status.success() && ours.count() == 0, "{complaints}");
    let security = ["security", "--offline=true", "--no-pager", MAX_EXPOSURE];
    let said = Command::new("systemd-analyze").args(security).arg(&paths[0]).output().expect("runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
}
