#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postseal_fuzz::dns_targets::dns_query(data));
