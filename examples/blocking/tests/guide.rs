//! The ways to test a service and what calls it, without a network; the
//! program itself; and what it is built of.

use std::process::Command;

use blocking_guide::{
    Area, Guide, GuideClient, GuideServer, Hut, Mountains, Note, Place, Walk, hut, note, place,
};
use yamabiko::blocking::{Server, Streaming};
use yamabiko::{Context, Status};

fn mountains() -> Mountains {
    Mountains::new([hut("Larch", place(0, 0)), hut("Echo", place(30, 40))])
}

// A handler is a function like any other. `Streaming::from_messages` makes what a client sends.

#[test]
fn a_walk_is_as_long_as_its_legs() {
    let places = Streaming::from_messages([place(0, 0), place(30, 40), place(30, 50)]);
    let walk = mountains().record_walk(places, &Context::default()).expect("it is walkable");
    assert_eq!((walk.places, walk.huts, walk.metres), (3, 2, 60.0));
}

#[test]
fn a_walk_that_breaks_off_has_no_length() {
    let places = Streaming::from_results([Ok(place(0, 0)), Err(Status::cancelled("lost"))]);
    let status = mountains().record_walk(places, &Context::default()).expect_err("it is lost");
    assert_eq!(status.message(), "lost");
}

// What calls a service knows it by its trait: the client has it, and so has a mock.

/// The code under test.
fn nearest(guide: &impl Guide, context: &Context) -> Result<Hut, Status> {
    let (south_west, north_east) = (place(-100, -100).into(), place(100, 100).into());
    let area = Area { south_west, north_east, ..Default::default() };
    let huts = guide.list_huts(area, context)?.collect::<Result<Vec<_>, _>>()?;
    let nearest = huts.into_iter().min_by_key(|hut| hut.place.east.abs() + hut.place.north.abs());
    nearest.ok_or_else(|| Status::not_found("no hut is near"))
}

/// What is listed, and nothing else.
struct Listed(Vec<Hut>);

impl Guide for Listed {
    fn list_huts(
        &self,
        _: Area,
        _: &Context,
    ) -> Result<impl Iterator<Item = Result<Hut, Status>>, Status> {
        Ok(self.0.clone().into_iter().map(Ok))
    }

    fn find_hut(&self, _: Place, _: &Context) -> Result<Hut, Status> {
        unreachable!("it lists")
    }

    fn record_walk(&self, _: Streaming<Place>, _: &Context) -> Result<Walk, Status> {
        unreachable!("it lists")
    }

    fn chat(
        &self,
        notes: Streaming<Note>,
        _: &Context,
    ) -> Result<impl Iterator<Item = Result<Note, Status>>, Status> {
        Ok(notes)
    }
}

#[test]
fn the_nearest_hut_is_the_nearest() {
    let guide = Listed(vec![hut("Ridge", place(50, 50)), hut("Echo", place(3, 4))]);
    assert_eq!(nearest(&guide, &Context::default()).expect("there are two").name, "Echo");
    let status = nearest(&Listed(vec![]), &Context::default()).expect_err("there is none");
    assert_eq!(status.message(), "no hut is near");
}

// A server and a client joined within the process: no addresses.

#[test]
fn a_client_has_the_trait_of_its_server() {
    let server = Server::new().add(GuideServer::new(mountains())).start_in_process();
    let server = server.expect("it needs no port");
    let guide = GuideClient::new(server.channel());
    let context = Context::default();
    assert_eq!(nearest(&guide, &context).expect("there are two").name, "Larch");
    let places = Streaming::from_messages([place(0, 0), place(30, 40)]);
    assert_eq!(Guide::record_walk(&guide, places, &context).expect("it is walkable").huts, 2);
    let notes = [note(place(1, 1), "one"), note(place(2, 2), "two"), note(place(1, 1), "three")];
    let replies = Guide::chat(&guide, Streaming::from_messages(notes), &context);
    let replies: Result<Vec<_>, _> = replies.expect("it talks").collect();
    assert_eq!(replies.expect("it talks"), [note(place(1, 1), "one")]);
}

#[test]
fn an_error_among_the_requests_cancels_the_call() {
    let server = Server::new().add(GuideServer::new(mountains())).start_in_process();
    let server = server.expect("it needs no port");
    let guide = GuideClient::new(server.channel());
    let places = Streaming::from_results([Ok(place(0, 0)), Err(Status::aborted("lost"))]);
    let status = Guide::record_walk(&guide, places, &Context::default()).expect_err("it is lost");
    assert_eq!(status.message(), "lost");
}

// The program, which serves and calls and ends by itself.

#[test]
fn the_program_says_what_it_found() {
    let output = Command::new(env!("CARGO_BIN_EXE_blocking-guide")).output().expect("it starts");
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

#[test]
fn there_is_no_async_runtime_in_it() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--edges", "normal", "--prefix", "none"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it starts");
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(tree.contains("\nyamabiko v") && tree.contains("\nmio v"), "{tree}");
    for runtime in ["tokio", "async-std", "smol", "futures-executor"] {
        assert!(!tree.contains(&format!("\n{runtime} v")), "{runtime}: {tree}");
    }
}
