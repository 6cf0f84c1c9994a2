//! Messages that have come and have not been read: single ones, and runs of
//! small ones, which are taken apart where they are read.

use std::collections::VecDeque;

use bytes::Bytes;
use yamabiko_core::grpc::message::{PREFIX_LEN, Payload, Run, split_first};

use crate::compression::Incoming;

/// Messages that have been handed on together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

#[derive(Debug)]
enum Item {
    One(Incoming),
    /// Each behind its prefix.
    Run {
        framed: Bytes,
        count: usize,
    },
}

/// Messages in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    items: VecDeque<Item>,
    /// How far the first item has been read, if it is a run: bytes.
    read: usize,
}

impl Messages {
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn push(&mut self, message: Incoming) {
        self.items.push_back(Item::One(message));
    }

    pub(crate) fn push_run(&mut self, run: Run<'_>) {
        let framed = match run.framed {
            Payload::Borrowed(framed) => Bytes::copy_from_slice(framed),
            Payload::Owned(framed) | Payload::Compressed(_, framed) => framed,
        };
        self.items.push_back(Item::Run { framed, count: run.count });
    }

    /// How much was pushed and has not been taken away.
    pub(crate) fn batch(&self) -> Batch {
        self.items.iter().fold(Batch::default(), |Batch { messages, bytes }, item| match item {
            Item::One(message) => Batch { messages: messages + 1, bytes: bytes + message.len() },
            Item::Run { framed, count } => Batch {
                messages: messages + count,
                bytes: bytes + framed.len() - count * PREFIX_LEN,
            },
        })
    }

    /// Takes all of another one, from which nothing has been read.
    pub(crate) fn append(&mut self, more: &mut Messages) {
        self.drop_read();
        if self.is_empty() {
            std::mem::swap(self, more);
        } else {
            self.items.append(&mut more.items);
        }
    }

    /// The next message, if it is one of a run.
    #[inline]
    pub(crate) fn next_of_run(&mut self) -> Option<&[u8]> {
        self.drop_read();
        let Some(Item::Run { framed, .. }) = self.items.front() else { return None };
        let (message, rest) = split_first(&framed[self.read..])?;
        self.read = framed.len() - rest.len();
        Some(message)
    }

    /// The next message.
    pub(crate) fn pop(&mut self) -> Option<Incoming> {
        self.drop_read();
        if let Some(Item::Run { framed, .. }) = self.items.front() {
            let framed = framed.clone();
            return self.next_of_run().map(|message| Incoming::from(framed.slice_ref(message)));
        }
        match self.items.pop_front()? {
            Item::One(message) => Some(message),
            Item::Run { .. } => None,
        }
    }

    /// A run goes when somebody asks for what follows its last message, which was lent from it.
    #[inline]
    fn drop_read(&mut self) {
        if let Some(Item::Run { framed, .. }) = self.items.front()
            && self.read == framed.len()
        {
            self.items.pop_front();
            self.read = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use yamabiko_core::grpc::message::write_prefix;

    use super::*;

    fn run(messages: &[&[u8]]) -> Run<'static> {
        let mut framed = Vec::new();
        for message in messages {
            write_prefix(&mut framed, message.len());
            framed.extend_from_slice(message);
        }
        Run { framed: Payload::Owned(framed.into()), count: messages.len() }
    }

    fn filled() -> Messages {
        let mut messages = Messages::default();
        messages.push(Bytes::from_static(b"first").into());
        messages.push_run(run(&[b"a", b"", b"ccc"]));
        messages.push_run(run(&[b"d", b"e"]));
        messages.push(Bytes::from_static(b"last").into());
        messages
    }

    #[test]
    fn they_come_out_as_they_went_in() {
        let mut messages = filled();
        let Batch { messages: count, bytes } = messages.batch();
        assert_eq!((count, bytes), (7, 15));
        let mut all = Vec::new();
        while let Some(message) = messages.pop() {
            all.push(message.plain(9).expect("it is not compressed"));
        }
        assert_eq!(all, ["first", "a", "", "ccc", "d", "e", "last"]);
        assert!(messages.is_empty());
    }

    #[test]
    fn those_of_a_run_are_lent_and_others_are_not() {
        let mut messages = filled();
        assert_eq!(messages.next_of_run(), None);
        assert!(messages.pop().is_some());
        for message in [&b"a"[..], b"", b"ccc", b"d", b"e"] {
            assert_eq!(messages.next_of_run(), Some(message));
        }
        assert_eq!(messages.next_of_run(), None);
        assert!(messages.pop().is_some_and(|message| message.len() == 4));
    }

    #[test]
    fn what_follows_is_appended_behind_what_is_being_read() {
        let (mut messages, mut more) = (Messages::default(), filled());
        messages.append(&mut more);
        assert!(messages.pop().is_some() && messages.next_of_run().is_some() && more.is_empty());
        messages.append(&mut filled());
        let lengths = std::iter::from_fn(|| messages.pop().map(|message| message.len()));
        assert_eq!(lengths.collect::<Vec<_>>(), [0, 3, 1, 1, 4, 5, 1, 0, 3, 1, 1, 4]);
    }
}
