#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postseal_fuzz::core_targets::mta_sts_policy(data));
