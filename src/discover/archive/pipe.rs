//! Members of an archive that is read from front to back, from the thread that unpacks to the one that reads.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::trouble;

/// Bytes handed over at a time, and how many such pieces may wait.
const PIECE: usize = 256 << 10;
const WAITING: usize = 4;

enum Message {
    Member(usize),
    Bytes(Vec<u8>),
    End,
    Failed(io::Error),
    Done,
}

/// The unpacking end.
pub(in super::super) struct Sink {
    sender: SyncSender<Message>,
}

impl Sink {
    /// Hands over one member; false if nobody wants more.
    pub(in super::super) fn member(&mut self, index: usize, bytes: io::Result<impl Read>) -> bool {
        if self.sender.send(Message::Member(index)).is_err() {
            return false;
        }
        match bytes {
            Ok(mut bytes) => self.bytes(&mut bytes),
            Err(error) => self.sender.send(Message::Failed(error)).is_ok(),
        }
    }

    fn bytes(&mut self, bytes: &mut impl Read) -> bool {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let result = bytes.take(PIECE as u64).read_to_end(&mut piece);
            let ended = piece.is_empty();
            if !ended && self.sender.send(Message::Bytes(piece)).is_err() {
                return false;
            }
            match result {
                Ok(_) if ended => return self.sender.send(Message::End).is_ok(),
                Ok(_) => {}
                Err(error) => return self.sender.send(Message::Failed(error)).is_ok(),
            }
        }
    }
}

/// The reading end.
pub(in super::super) struct Members(Arc<Mutex<Shared>>);

struct Shared {
    receiver: Receiver<Message>,
    /// Counts the members given out: the readers of earlier ones give nothing any more.
    current: u64,
    next: Option<usize>,
    done: bool,
}

impl Shared {
    fn receive(&mut self) -> Message {
        match self.receiver.recv() {
            Ok(message) => message,
            // The thread ended without a word: its decoder panicked.
            Err(_) if !self.done => {
                self.done = true;
                Message::Failed(trouble::damaged())
            }
            Err(_) => Message::Done,
        }
    }
}

/// Runs `work` in a thread of its own and gives what it puts into the sink. The thread ends when the reader is dropped.
pub(in super::super) fn spawn(
    work: impl FnOnce(&mut Sink) -> io::Result<()> + Send + 'static,
) -> Members {
    let (sender, receiver) = sync_channel(WAITING);
    thread::spawn(move || {
        let mut sink = Sink { sender };
        if let Err(error) = work(&mut sink) {
            let _ = sink.sender.send(Message::Failed(error));
        }
        let _ = sink.sender.send(Message::Done);
    });
    Members(Arc::new(Mutex::new(Shared {
        receiver,
        current: 0,
        next: None,
        done: false,
    })))
}

impl Members {
    /// The next member. What was not read of the one before is skipped.
    pub(in super::super) fn next(&mut self) -> Option<(usize, Box<dyn Read + Send>)> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.current += 1;
        let index = loop {
            if let Some(index) = shared.next.take() {
                break index;
            }
            match shared.receive() {
                Message::Member(index) => break index,
                Message::Bytes(_) | Message::End | Message::Failed(_) => {}
                Message::Done => {
                    shared.done = true;
                    return None;
                }
            }
        };
        let reader = MemberReader {
            members: Self(Arc::clone(&self.0)),
            generation: shared.current,
            piece: io::Cursor::default(),
            ended: false,
        };
        Some((index, Box::new(reader)))
    }

    /// The bytes of the only member; if there is none, the reason is the reader's error.
    pub(in super::super) fn only(mut self) -> Box<dyn Read + Send> {
        let first = {
            let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            shared.receive()
        };
        match first {
            Message::Member(index) => {
                self.put_back(index);
                self.next()
                    .map_or_else(|| failing(trouble::damaged()), |(_, reader)| reader)
            }
            Message::Failed(error) => failing(error),
            _ => failing(trouble::damaged()),
        }
    }

    fn put_back(&mut self, index: usize) {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.next = Some(index);
    }
}

/// A stream that is only an error.
pub(in super::super) fn failing(error: io::Error) -> Box<dyn Read + Send> {
    struct Failing(Option<io::Error>);
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.0.take().map_or(Ok(0), Err)
        }
    }
    Box::new(Failing(Some(error)))
}

struct MemberReader {
    members: Members,
    generation: u64,
    piece: io::Cursor<Vec<u8>>,
    ended: bool,
}

impl Read for MemberReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buf)?;
            if read > 0 || buf.is_empty() || self.ended {
                return Ok(read);
            }
            let mut shared = self
                .members
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if shared.current != self.generation || shared.next.is_some() || shared.done {
                self.ended = true;
                continue;
            }
            match shared.receive() {
                Message::Bytes(bytes) => self.piece = io::Cursor::new(bytes),
                Message::End => self.ended = true,
                Message::Member(index) => {
                    shared.next = Some(index);
                    self.ended = true;
                }
                Message::Done => {
                    shared.done = true;
                    self.ended = true;
                }
                Message::Failed(error) => {
                    self.ended = true;
                    return Err(error);
                }
            }
        }
    }
}
