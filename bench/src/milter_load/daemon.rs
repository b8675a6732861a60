//! What a daemon and its children cost, from /proc.

use std::fs;

/// CPU seconds, user and system, of these processes and of all below them, ended children included. In steps of 10 ms.
pub fn cpu_seconds(pids: &[u32]) -> f64 {
    tree(pids).iter().map(|pid| ticks(*pid)).sum::<f64>() / 100.0
}

/// Resident memory in KiB by its name in /proc/PID/status (`VmRSS`, `VmHWM`), summed.
pub fn status_kib(pids: &[u32], name: &str) -> u64 {
    tree(pids).iter().map(|pid| number(&format!("/proc/{pid}/status"), name)).sum()
}

/// Proportional set size in KiB, summed.
pub fn pss_kib(pids: &[u32]) -> u64 {
    tree(pids).iter().map(|pid| number(&format!("/proc/{pid}/smaps_rollup"), "Pss")).sum()
}

/// Makes the peaks (`VmHWM`) begin anew.
pub fn reset_peaks(pids: &[u32]) {
    for pid in tree(pids) {
        let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
    }
}

fn tree(pids: &[u32]) -> Vec<u32> {
    let mut found = pids.to_vec();
    let mut at = 0;
    while at < found.len() {
        let tasks = fs::read_dir(format!("/proc/{}/task", found[at])).into_iter().flatten().flatten();
        for task in tasks {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
        at += 1;
    }
    found
}

/// utime, stime, cutime and cstime.
fn ticks(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(4).filter_map(|ticks| ticks.parse::<f64>().ok()).sum()
}

fn number(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.split(':').next() == Some(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
