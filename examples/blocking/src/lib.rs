//! A guide to mountain huts, one method of each kind, on plain threads: there
//! is no async runtime in this program.
//!
//! It is the guide of `examples/route-guide` without `await`. `src/main.rs`
//! serves and calls it in one process; `tests/guide.rs` tests it without a
//! network.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use yamabiko::blocking::Streaming;
use yamabiko::{Context, Status};

yamabiko::include_proto!("guide");

pub use blocking::{Guide, GuideClient, GuideServer};

/// The guide: what huts there are, and what notes lie around.
#[derive(Debug, Default)]
pub struct Mountains {
    huts: Vec<Hut>,
    notes: Mutex<HashMap<(i32, i32), Vec<Note>>>,
}

impl Mountains {
    /// Mountains with these huts.
    pub fn new(huts: impl IntoIterator<Item = Hut>) -> Self {
        Mountains { huts: huts.into_iter().collect(), ..Default::default() }
    }

    /// Leaves a note and gives those that were there before.
    fn leave(&self, note: Note) -> Vec<Note> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let here = notes.entry((note.place.east, note.place.north)).or_default();
        let earlier = here.clone();
        here.push(note);
        earlier
    }

    fn hut_at(&self, place: &Place) -> Option<&Hut> {
        self.huts.iter().find(|hut| *hut.place == *place)
    }
}

impl Guide for Mountains {
    fn find_hut(&self, place: Place, _: &Context) -> Result<Hut, Status> {
        let Place { east, north, .. } = place;
        let hut = self.hut_at(&place).cloned();
        hut.ok_or_else(|| Status::not_found(format!("no hut at {east} east, {north} north")))
    }

    fn list_huts(
        &self,
        area: Area,
        _: &Context,
    ) -> Result<impl Iterator<Item = Result<Hut, Status>>, Status> {
        let (from, to) = (area.south_west, area.north_east);
        let inside = move |hut: &&Hut| {
            (from.east..=to.east).contains(&hut.place.east)
                && (from.north..=to.north).contains(&hut.place.north)
        };
        // Nobody draws from it while the client is behind, or once it has left.
        Ok(self.huts.iter().filter(inside).cloned().map(Ok))
    }

    fn record_walk(&self, places: Streaming<Place>, _: &Context) -> Result<Walk, Status> {
        let mut walk = Walk::default();
        let mut last = None;
        for place in places {
            let place = place?;
            walk.places += 1;
            walk.huts += u32::from(self.hut_at(&place).is_some());
            walk.metres += last.map_or(0.0, |last| distance(&last, &place));
            last = Some(place);
        }
        Ok(walk)
    }

    fn chat(
        &self,
        notes: Streaming<Note>,
        _: &Context,
    ) -> Result<impl Iterator<Item = Result<Note, Status>>, Status> {
        Ok(notes.flat_map(|note| match note {
            Ok(note) => self.leave(note).into_iter().map(Ok).collect(),
            Err(status) => vec![Err(status)],
        }))
    }
}

fn distance(from: &Place, to: &Place) -> f64 {
    f64::from(to.east - from.east).hypot(f64::from(to.north - from.north))
}

/// A place on the map.
pub fn place(east: i32, north: i32) -> Place {
    Place { east, north, ..Default::default() }
}

/// A hut at a place.
pub fn hut(name: &str, place: Place) -> Hut {
    Hut { name: name.to_owned(), place: place.into(), ..Default::default() }
}

/// A note at a place.
pub fn note(place: Place, text: &str) -> Note {
    Note { place: place.into(), text: text.to_owned(), ..Default::default() }
}
