use std::fs::{self, File, OpenOptions};
use std::io::Write as _;

use super::*;
use crate::VerdictRecord;
use crate::verdict_record::sample;

fn records(from: u64, to: u64) -> Vec<VerdictRecord> {
    (from..to).map(sample).collect()
}

/// The `at` of everything that can be read now.
fn drain(reader: &mut SpoolReader) -> Vec<u64> {
    let mut read = Vec::new();
    while let Some(batch) = reader.next_batch(100).expect("read") {
        assert!(batch.records.len() <= 100);
        read.extend(batch.records.iter().map(|(_, record)| record.at));
    }
    read
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(directory).expect("listed").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

const ROOM: u64 = 64 * 1024 * 1024;

#[test]
fn what_is_put_in_comes_out_in_order_while_it_grows() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut writer, mut reader) = spool(&directory.path().join("spool"));
    assert_eq!(drain(&mut reader), [0; 0]);
    writer.append(&records(0, 250), ROOM).expect("appended");
    assert_eq!(drain(&mut reader), (0..250).collect::<Vec<_>>());
    writer.append(&records(250, 300), ROOM).expect("appended");
    let batch = reader.next_batch(500).expect("read").expect("a batch");
    assert_eq!((batch.records[0].0, batch.until), (250, 300), "places go on");
    assert_eq!(batch.records.into_iter().map(|(_, record)| record).collect::<Vec<_>>(), records(250, 300));
}

#[test]
fn a_process_that_starts_reads_what_the_one_before_left_and_no_more_than_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut writer, mut reader) = spool(directory.path());
    writer.append(&records(0, 10), ROOM).expect("appended");
    let first = reader.next_batch(4).expect("read").expect("a batch");
    drop((writer, reader));
    let (mut writer, mut reader) = spool(directory.path());
    writer.append(&records(10, 12), ROOM).expect("appended");
    let again = reader.next_batch(4).expect("read").expect("a batch");
    assert_eq!(again, first, "the store knows it by segment and place");
    assert_eq!(drain(&mut reader), (4..12).collect::<Vec<_>>());
    assert_eq!(files(directory.path()).len(), 1, "what was taken is removed, the newest stays");
}

#[test]
fn two_processes_leave_each_other_s_segment_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut old, mut old_reader) = spool(directory.path());
    old.append(&records(0, 5), ROOM).expect("appended");
    let (mut new, mut new_reader) = spool(directory.path());
    new.append(&records(100, 105), ROOM).expect("appended");
    assert_eq!(drain(&mut new_reader), (100..105).collect::<Vec<_>>());
    assert_eq!(drain(&mut old_reader), (0..5).collect::<Vec<_>>());
    old.append(&records(5, 6), ROOM).expect("appended");
    drop((old, old_reader));
    assert_eq!(drain(&mut new_reader), [0; 0], "its own is still open");
    drop((new, new_reader));
    let (_, mut reader) = spool(directory.path());
    let mut left = drain(&mut reader);
    left.sort_unstable();
    assert_eq!(
        left,
        [0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104],
        "all that lies there, for the store to compare"
    );
}

#[test]
fn a_death_in_the_middle_of_a_write_costs_what_it_cut() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut writer, reader) = spool(directory.path());
    writer.append(&records(0, 3), ROOM).expect("appended");
    drop((writer, reader));
    let path = files(directory.path()).remove(0);
    let whole = fs::read(&path).expect("read");
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).expect("written");
        let (mut writer, mut reader) = spool(directory.path());
        writer.append(&records(50, 51), ROOM).expect("appended");
        let read = drain(&mut reader);
        let (last, kept) = read.split_last().expect("the new one");
        assert!(kept.len() < 3 && kept.iter().copied().eq(0..kept.len() as u64), "{cut}: {read:?}");
        assert_eq!(*last, 50);
        for left in files(directory.path()) {
            fs::remove_file(left).expect("removed");
        }
    }
}

#[test]
fn an_octet_that_changes_ends_its_segment_and_no_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut writer, reader) = spool(directory.path());
    writer.append(&records(0, 3), ROOM).expect("appended");
    drop((writer, reader));
    let path = files(directory.path()).remove(0);
    let whole = fs::read(&path).expect("read");
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x41;
        fs::write(&path, &damaged).expect("written");
        let (mut writer, mut reader) = spool(directory.path());
        writer.append(&records(9, 10), ROOM).expect("appended");
        let read = drain(&mut reader);
        let (last, kept) = read.split_last().expect("the new one");
        assert!(kept.len() < 3 && kept.iter().copied().eq(0..kept.len() as u64), "{place}: {read:?}");
        assert_eq!(*last, 9, "{place}");
        for left in files(directory.path()) {
            fs::remove_file(left).expect("removed");
        }
    }
}

#[test]
fn when_it_is_full_the_oldest_give_way_and_are_counted() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut writer, mut reader) = spool(directory.path());
    let first = {
        writer.append(&records(0, 10), MIN).expect("appended");
        reader.next_batch(10).expect("read").expect("a batch").records.len() as u64
    };
    for round in 1..400 {
        writer.append(&records(round * 10, round * 10 + 10), MIN).expect("appended");
        assert!(spool_octets(directory.path()).expect("listed") <= MIN + 16 * 1024, "bounded");
    }
    let left = drain(&mut reader);
    assert_eq!(left.last(), Some(&3_999));
    assert!(left.windows(2).all(|pair| pair[0] + 1 == pair[1]), "the newest, in order");
    assert!(writer.dropped() > 1_000);
    assert_eq!(first + writer.dropped() + left.len() as u64, 4_000, "each was taken or counted");
}

/// The least that a spool takes.
const MIN: u64 = 256 * 1024;

#[test]
fn strangers_files_are_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("README"), "x").expect("written");
    fs::write(directory.path().join("00000000000000000007.verdicts"), "not a segment").expect("written");
    let (mut writer, mut reader) = spool(directory.path());
    writer.append(&records(0, 1), ROOM).expect("appended");
    assert_eq!(drain(&mut reader), [0]);
    let names: Vec<_> = files(directory.path());
    assert!(names[0].ends_with("00000000000000000008.verdicts") && names[1].ends_with("README"), "{names:?}");
}

/// A disk that is full, for real: a file size limit would be a signal, so a device that has no room.
#[test]
fn a_write_that_fails_leaves_no_part_of_itself() {
    let Ok(mut full) = OpenOptions::new().write(true).open("/dev/full") else { return };
    assert_eq!(full.write(b"x").map_err(|error| error.kind()), Err(io::ErrorKind::StorageFull));
    let directory = tempfile::tempdir().expect("a directory");
    let (mut writer, mut reader) = spool(directory.path());
    writer.append(&records(0, 2), ROOM).expect("appended");
    let good =
        writer.swap_file(File::from(full.try_clone().map(std::os::fd::OwnedFd::from).expect("cloned")));
    assert!(writer.append(&records(2, 4), ROOM).is_err());
    writer.swap_file(good);
    writer.append(&records(2, 4), ROOM).expect("appended");
    assert_eq!(drain(&mut reader), [0, 1, 2, 3]);
}
