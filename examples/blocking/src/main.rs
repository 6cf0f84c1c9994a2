//! A server and a client in one process, with a call of each kind:
//! `cargo run -p blocking-guide`.

use blocking_guide::{Area, GuideClient, GuideServer, Mountains, hut, note, place};
use yamabiko::Status;
use yamabiko::blocking::Server;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mountains = Mountains::new([
        hut("Larch", place(200, 300)),
        hut("Echo", place(1_200, 300)),
        hut("Ridge", place(4_000, 9_000)),
    ]);
    // Each call that waits for messages has a worker for itself: ten, unless it is told otherwise.
    let server = Server::new().add(GuideServer::new(mountains)).bind("127.0.0.1:0")?;
    let server = server.start();

    let guide = GuideClient::connect(format!("http://{}", server.local_address()))?;
    find(&guide)?;
    list(&guide)?;
    walk(&guide)?;
    chat(&guide)?;

    server.shut_down();
    Ok(())
}

/// One request, one response.
fn find(guide: &GuideClient) -> Result<(), Status> {
    println!("the hut there is {}", guide.find_hut(place(200, 300)).send()?.name);
    if let Err(status) = guide.find_hut(place(1, 1)).send() {
        println!("{}", status.message());
    }
    Ok(())
}

/// One request, a stream of responses.
fn list(guide: &GuideClient) -> Result<(), Status> {
    let area = Area {
        south_west: place(0, 0).into(),
        north_east: place(2_000, 2_000).into(),
        ..Default::default()
    };
    for hut in guide.list_huts(area).send()? {
        println!("found {}", hut?.name);
    }
    Ok(())
}

/// A stream of requests, one response.
fn walk(guide: &GuideClient) -> Result<(), Status> {
    // Anything that can be iterated over; this thread sends it.
    let places = [place(200, 300), place(500, 700), place(1_200, 300)];
    let walk = guide.record_walk(places).send()?;
    println!("{} places, {} huts, {:.0} m", walk.places, walk.huts, walk.metres);
    Ok(())
}

/// Streams in both directions: each request is sent when the program says so.
fn chat(guide: &GuideClient) -> Result<(), Status> {
    let (mut notes, requests) = yamabiko::blocking::channel();
    let mut replies = guide.chat(requests).send()?;
    notes.send(note(place(200, 300), "the spring is dry"))?;
    notes.send(note(place(200, 300), "and the door sticks"))?;
    if let Some(note) = replies.message()? {
        println!("somebody says: {}", note.text);
    }
    // No more requests; the server then ends its side too.
    drop(notes);
    for note in replies {
        println!("somebody says: {}", note?.text);
    }
    Ok(())
}
