//! The ways to test a service and what calls it, without a network; and the
//! program itself.

use std::future::poll_fn;
use std::pin::pin;
use std::process::Command;

use route_guide::{
    Area, Guide, GuideClient, GuideServer, Hut, Mountains, Note, Place, Walk, hut, note, place,
};
use yamabiko::{Context, Server, Status, Stream, Streaming};

/// All messages of a stream.
async fn all<T>(stream: impl Stream<Item = Result<T, Status>>) -> Result<Vec<T>, Status> {
    let mut stream = pin!(stream);
    let mut messages = Vec::new();
    while let Some(message) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        messages.push(message?);
    }
    Ok(messages)
}

// A handler is a function like any other. `Streaming::from_messages` makes what a client sends.

fn mountains() -> Mountains {
    Mountains::new([hut("Larch", place(0, 0)), hut("Echo", place(30, 40))])
}

#[tokio::test]
async fn a_walk_is_as_long_as_its_legs() {
    let places = Streaming::from_messages([place(0, 0), place(30, 40), place(30, 50)]);
    let walk = mountains().record_walk(places, &Context::default()).await.expect("it is walkable");
    assert_eq!((walk.places, walk.huts, walk.metres), (3, 2, 60.0));
}

#[tokio::test]
async fn a_walk_that_breaks_off_has_no_length() {
    let places = Streaming::from_stream(yamabiko::stream(|mut places| async move {
        places.send(place(0, 0)).await?;
        Err(Status::cancelled("lost"))
    }));
    let status =
        mountains().record_walk(places, &Context::default()).await.expect_err("it is lost");
    assert_eq!(status.message(), "lost");
}

#[tokio::test]
async fn a_note_brings_back_the_earlier_ones_of_its_place() {
    let guide = mountains();
    let context = Context::default();
    let notes = [note(place(1, 1), "one"), note(place(2, 2), "two"), note(place(1, 1), "three")];
    let replies = guide.chat(Streaming::from_messages(notes), &context).await.expect("it talks");
    assert_eq!(all(replies).await.expect("it talks"), [note(place(1, 1), "one")]);
}

// What calls a service knows it by its trait: the client has it, and so has a mock.

/// The code under test.
async fn nearest(guide: &impl Guide, context: &Context) -> Result<Hut, Status> {
    let (south_west, north_east) = (place(-100, -100).into(), place(100, 100).into());
    let area = Area { south_west, north_east, ..Default::default() };
    let huts = all(guide.list_huts(area, context).await?).await?;
    let nearest = huts.into_iter().min_by_key(|hut| hut.place.east.abs() + hut.place.north.abs());
    nearest.ok_or_else(|| Status::not_found("no hut is near"))
}

/// What is listed, and nothing else.
struct Listed(Vec<Hut>);

impl Guide for Listed {
    async fn list_huts(
        &self,
        _: Area,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Hut, Status>>, Status> {
        Ok(Streaming::from_messages(self.0.clone()))
    }

    async fn find_hut(&self, _: Place, _: &Context) -> Result<Hut, Status> {
        unreachable!("it lists")
    }

    async fn record_walk(&self, _: Streaming<Place>, _: &Context) -> Result<Walk, Status> {
        unreachable!("it lists")
    }

    async fn chat(
        &self,
        notes: Streaming<Note>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Note, Status>>, Status> {
        Ok(notes)
    }
}

#[tokio::test]
async fn the_nearest_hut_is_the_nearest() {
    let guide = Listed(vec![hut("Ridge", place(50, 50)), hut("Echo", place(3, 4))]);
    assert_eq!(nearest(&guide, &Context::default()).await.expect("there are two").name, "Echo");
    let status = nearest(&Listed(vec![]), &Context::default()).await.expect_err("there is none");
    assert_eq!(status.message(), "no hut is near");
}

// Server and client in this process: everything but the network.

#[tokio::test]
async fn a_client_in_the_process_reaches_a_server_in_the_process() {
    let server = Server::new().add(GuideServer::new(mountains()));
    let server = server.start_in_process().expect("one service cannot be two");
    let guide = GuideClient::new(server.channel());
    assert_eq!(guide.find_hut(place(30, 40)).await.expect("it is there").name, "Echo");
    let hut = nearest(&guide, &Context::default()).await.expect("there are two");
    assert_eq!(hut.name, "Larch");
    assert!(server.shut_down().await.is_clean(), "calls were cut");
}

// The program, which serves and calls and ends by itself.

#[test]
fn the_program_says_what_it_found() {
    let output = Command::new(env!("CARGO_BIN_EXE_route-guide")).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "the hut there is Larch",
            "no hut at 1 east, 1 north",
            "found Larch",
            "found Echo",
            "3 places, 2 huts, 1306 m",
            "somebody says: the spring is dry",
        ]
    );
}
