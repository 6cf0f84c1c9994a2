//! Any bytes are a sequence of frames or of reasons, and no parser reads past its frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yamabiko_core::frame::{Frame, FrameHead, HEAD_LEN};

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while let Some((head, after)) = rest.split_first_chunk::<HEAD_LEN>() {
        let head = FrameHead::parse(head);
        let (payload, after) = after.split_at(after.len().min(head.length as usize));
        let head = FrameHead { length: payload.len() as u32, ..head };
        assert_eq!(FrameHead::parse(&head.to_bytes()), head);
        match Frame::parse(head, payload) {
            Ok(Frame::Data { data, flow_length, .. }) => {
                assert!(data.len() <= flow_length as usize)
            }
            Ok(Frame::Settings(settings)) => assert_eq!(settings.iter().len() * 6, payload.len()),
            Ok(_) => {}
            Err(error) => assert!(!error.reason.is_empty()),
        }
        rest = after;
    }
});
