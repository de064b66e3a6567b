#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| swyxtrace_fuzz::stamps(data));
