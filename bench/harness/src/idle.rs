//! What an idle connection costs a server: thousands of them, each with one call behind it.
//!
//! The connections are bare sockets with a few bytes of HTTP/2 written by hand, so that the load
//! itself stays small. As a gRPC client would, they let the server remember their header fields.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, ensure};
use bench_load::{ANSWER, NAME};
use serde::Serialize;

use crate::h2load::message;
use crate::machine::{self, Cores};
use crate::options::Options;
use crate::process::Programs;
use crate::{CLIENTS, check};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD_LENGTH: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const ACK: u8 = 0x1;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// Files that a process has open beside the connections.
const OTHER_FILES: usize = 200;
/// The time in which a server must answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time in which a server may come to rest.
const SETTLE: Duration = Duration::from_millis(500);

/// The memory of one server with all its idle connections.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) server: &'static str,
    pub(crate) connections: usize,
    pub(crate) resident_before_bytes: u64,
    pub(crate) resident_after_bytes: u64,
    pub(crate) bytes_per_connection: f64,
}

/// Measures the servers that also have a client: pajamax is left out, since it ends idle
/// connections after a minute and has a thread and two files for each.
pub(crate) fn measure(
    options: &Options,
    programs: &Programs,
    cores: Cores,
) -> anyhow::Result<Vec<Row>> {
    let most = machine::file_limit()?.saturating_sub(OTHER_FILES);
    let connections = options.idle.min(most);
    if connections < options.idle {
        eprintln!("idle: {connections} connections in place of {}: ulimit -Hn", options.idle);
    }
    CLIENTS.into_iter().map(|name| row(name, connections, programs, cores)).collect()
}

fn row(
    name: &'static str,
    connections: usize,
    programs: &Programs,
    cores: Cores,
) -> anyhow::Result<Row> {
    eprintln!("idle {name:>9} {connections} connections");
    let server = programs.serve(name, Some(cores.server))?;
    check::answers(&server.address())?;
    let (call, mut open) = (call(), Vec::with_capacity(connections));
    let before = settled(server.id())?;
    for index in 0..connections {
        let stream = connect(&server.address(), &call);
        open.push(stream.with_context(|| format!("connection {index} of {connections}"))?);
    }
    let after = settled(server.id())?;
    Ok(Row {
        server: name,
        connections: open.len(),
        resident_before_bytes: before,
        resident_after_bytes: after,
        bytes_per_connection: after.saturating_sub(before) as f64 / open.len().max(1) as f64,
    })
}

fn settled(process: u32) -> anyhow::Result<u64> {
    std::thread::sleep(SETTLE);
    machine::resident(process)
}

/// Opens a connection, makes one call and reads its answer.
fn connect(address: &str, call: &[u8]) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(call)?;
    let mut answer = Vec::new();
    loop {
        let (kind, flags, id, payload) = frame(&mut stream)?;
        match kind {
            SETTINGS if flags & ACK == 0 => stream.write_all(&head(0, SETTINGS, ACK, 0))?,
            DATA if id == 1 => answer.extend(payload),
            HEADERS if id == 1 && flags & END_STREAM != 0 => break,
            _ => {}
        }
    }
    ensure!(answer == message(1, ANSWER), "wrong answer: {answer:?}");
    Ok(stream)
}

/// Reads one frame: kind, flags, stream, payload.
fn frame(stream: &mut TcpStream) -> anyhow::Result<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; HEAD_LENGTH];
    stream.read_exact(&mut head)?;
    let [a, b, c, kind, flags, id @ ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    stream.read_exact(&mut payload)?;
    Ok((kind, flags, u32::from_be_bytes(id), payload))
}

/// RFC 9113 §4.1: the head of a frame.
fn head(length: usize, kind: u8, flags: u8, stream: u32) -> [u8; HEAD_LENGTH] {
    let [_, a, b, c] =
        u32::try_from(length).expect("the frames of the bench are short").to_be_bytes();
    let [d, e, f, g] = stream.to_be_bytes();
    [a, b, c, kind, flags, d, e, f, g]
}

/// All bytes that a connection sends: preface, empty SETTINGS, and the call on stream 1.
fn call() -> Vec<u8> {
    let (fields, body) = (fields(), message(1, NAME));
    let mut bytes = PREFACE.to_vec();
    bytes.extend(head(0, SETTINGS, 0, 0));
    bytes.extend(head(fields.len(), HEADERS, END_HEADERS, 1));
    bytes.extend(fields);
    bytes.extend(head(body.len(), DATA, END_STREAM, 1));
    bytes.extend(body);
    bytes
}

/// RFC 7541 §6.2.1: the header block, with literals that enter the dynamic table.
fn fields() -> Vec<u8> {
    let mut block = vec![0x83, 0x86]; // :method POST, :scheme http
    let mut literal = |first: &[u8], value: &str| {
        block.extend_from_slice(first);
        block.push(u8::try_from(value.len()).expect("the texts of the bench are short"));
        block.extend_from_slice(value.as_bytes());
    };
    literal(&[0x41], "localhost"); // :authority
    literal(&[0x44], "/hello.HelloService/SayHello"); // :path
    literal(&[0x5f], "application/grpc"); // content-type
    literal(b"\x40\x02te", "trailers");
    block
}
