//! A server and a client in one process, with a call of each kind:
//! `cargo run -p route-guide`.

use route_guide::{Area, GuideClient, GuideServer, Mountains, hut, note, place};
use yamabiko::{Requests, Server, Status};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mountains = Mountains::new([
        hut("Larch", place(200, 300)),
        hut("Echo", place(1_200, 300)),
        hut("Ridge", place(4_000, 9_000)),
    ]);
    let server = Server::new().add(GuideServer::new(mountains)).bind("127.0.0.1:0").await?;
    let server = server.start();

    let guide = GuideClient::connect(format!("http://{}", server.local_address())).await?;
    find(&guide).await?;
    list(&guide).await?;
    walk(&guide).await?;
    chat(&guide).await?;

    server.shut_down().await;
    Ok(())
}

/// One request, one response.
async fn find(guide: &GuideClient) -> Result<(), Status> {
    println!("the hut there is {}", guide.find_hut(place(200, 300)).await?.name);
    if let Err(status) = guide.find_hut(place(1, 1)).await {
        println!("{}", status.message());
    }
    Ok(())
}

/// One request, a stream of responses.
async fn list(guide: &GuideClient) -> Result<(), Status> {
    let area = Area {
        south_west: place(0, 0).into(),
        north_east: place(2_000, 2_000).into(),
        ..Default::default()
    };
    let mut huts = guide.list_huts(area).await?;
    while let Some(hut) = huts.message().await? {
        println!("found {}", hut.name);
    }
    Ok(())
}

/// A stream of requests, one response.
async fn walk(guide: &GuideClient) -> Result<(), Status> {
    // Requests that are all there; any stream of messages will do as well.
    let places = [place(200, 300), place(500, 700), place(1_200, 300)];
    let places: Requests<_> = places.into_iter().collect();
    let walk = guide.record_walk(places).await?;
    println!("{} places, {} huts, {:.0} m", walk.places, walk.huts, walk.metres);
    Ok(())
}

/// Streams in both directions: each request is sent when the program says so.
async fn chat(guide: &GuideClient) -> Result<(), Status> {
    let (mut notes, requests) = yamabiko::channel();
    let mut replies = guide.chat(requests).await?;
    notes.send(note(place(200, 300), "the spring is dry")).await?;
    notes.send(note(place(200, 300), "and the door sticks")).await?;
    if let Some(note) = replies.message().await? {
        println!("somebody says: {}", note.text);
    }
    // No more requests; the server then ends its side too.
    drop(notes);
    while let Some(note) = replies.message().await? {
        println!("somebody says: {}", note.text);
    }
    Ok(())
}
