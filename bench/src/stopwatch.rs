//! Thread CPU time of several lanes, interleaved in one process.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::allocations::allocations_of;

/// One competitor: a name and the work of one message.
pub struct Lane<'a> {
    name: &'static str,
    work: Box<dyn FnMut() + 'a>,
}

impl<'a> Lane<'a> {
    /// The work of one message.
    pub fn new(name: &'static str, work: impl FnMut() + 'a) -> Lane<'a> {
        Lane { name, work: Box::new(work) }
    }

    /// The name.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// What a lane took.
pub struct Time {
    /// The lane's name.
    pub name: &'static str,
    /// Microseconds of thread CPU time for one message: the median of the rounds.
    pub micros: f64,
    /// The same as a multiple of the first lane: the median of each round's own ratio.
    pub ratio: f64,
    /// Heap allocations for one message.
    pub allocations: u64,
}

/// Runs the lanes in turn, round after round, until `budget` of CPU time is
/// used, at least three rounds and at most 10 001. The first lane is the floor.
///
/// A sample is a batch of about 200 us (one message where that takes longer),
/// so that reading the clock does not count. Each round begins with another
/// lane, so that none always runs after the same neighbour. A lane that takes
/// more than 100 ms runs in the first round only.
pub fn race(mut lanes: Vec<Lane<'_>>, budget: Duration) -> Vec<Time> {
    if lanes.is_empty() {
        return Vec::new();
    }
    let allocations: Vec<u64> = lanes.iter_mut().map(|lane| warm_allocations(lane)).collect();
    let batches: Vec<u32> = lanes.iter_mut().map(batch_size).collect();
    let mut samples = vec![Vec::new(); lanes.len()];
    let start = cpu_time();
    let mut rounds = 0;
    while rounds < 3 || (rounds < 10_001 && cpu_time() - start < budget) {
        for step in 0..lanes.len() {
            let lane = (rounds + step) % lanes.len();
            if rounds > 0 && samples[lane][0] > 100_000.0 {
                continue;
            }
            samples[lane].push(sample(&mut lanes[lane], batches[lane]));
        }
        rounds += 1;
    }
    let first = samples[0].clone();
    let ratio = |own: &[f64]| median(own.iter().zip(&first).map(|(own, first)| own / first).collect());
    lanes
        .iter()
        .zip(&samples)
        .zip(allocations)
        .map(|((lane, own), allocations)| Time {
            name: lane.name,
            micros: median(own.clone()),
            ratio: ratio(own),
            allocations,
        })
        .collect()
}

/// The CPU time that this thread has used.
pub fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let part = |n: i64| u64::try_from(n).unwrap_or(0);
    Duration::from_secs(part(now.tv_sec)) + Duration::from_nanos(part(now.tv_nsec))
}

/// Allocations of one message, after one that may have filled caches.
fn warm_allocations(lane: &mut Lane<'_>) -> u64 {
    (lane.work)();
    allocations_of(&mut lane.work)
}

fn batch_size(lane: &mut Lane<'_>) -> u32 {
    let mut batch = 1;
    while batch < 1 << 16 {
        let micros = sample(lane, batch) * f64::from(batch);
        if micros >= 200.0 {
            break;
        }
        batch = if micros < 20.0 { batch * 8 } else { batch * 2 };
    }
    batch
}

/// Microseconds for one message.
fn sample(lane: &mut Lane<'_>, batch: u32) -> f64 {
    let start = cpu_time();
    for _ in 0..batch {
        (lane.work)();
    }
    (cpu_time() - start).as_secs_f64() * 1e6 / f64::from(batch)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
