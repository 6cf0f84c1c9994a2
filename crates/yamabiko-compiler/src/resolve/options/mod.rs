//! Options: from what is written about them to the option messages.
//!
//! The parser keeps an option as a name and a value. They are interpreted in
//! two rounds, since options of extensions depend on features, and features
//! are options: first those whose name begins with a field of the option
//! message, then those that begin with an extension.

mod element;
mod interpret;
mod known;
mod retention;
mod scalar;
mod source_info;
mod targets;
mod written;

pub(crate) use retention::{Original, without_source_options};
pub(crate) use targets::options_with_targets;
pub(crate) use written::{FeatureValue, set_features};

use buffa::{Enumeration, UnknownFieldData};
use buffa_codegen::generated::descriptor::field_options::FeatureSupport;
use buffa_codegen::generated::descriptor::{Edition, FileDescriptorProto, UninterpretedOption};

use super::builder::Builder;
use super::features::Features;
use super::pool::{MessageId, Support, edition};
use super::visit::Element;
use super::wire::Record;
use crate::parse::Part;

/// The options of an element, to be interpreted.
#[derive(Debug)]
pub(super) struct PendingOptions {
    /// Where the options message is in the file's descriptor.
    path: Vec<i32>,
    /// Where the names of extensions are looked up.
    scope: String,
    written: Vec<UninterpretedOption>,
    /// What was interpreted already.
    records: Vec<Record>,
}

/// The options of a file, as far as they were interpreted.
#[derive(Debug, Default)]
struct Interpreted {
    /// From the path of what was written to the path of what it became.
    paths: Vec<(Vec<i32>, Vec<i32>)>,
    /// How many values the lists have.
    counts: Vec<(Vec<i32>, i32)>,
}

impl Builder<'_> {
    /// Remembers to interpret the options of the element at hand.
    pub(super) fn pend(&mut self, tag: i32, scope: String) {
        let mut path = self.path.clone();
        path.push(tag);
        self.pending.push(PendingOptions { path, scope, written: Vec::new(), records: Vec::new() });
    }

    /// Interprets all options of the file.
    pub(super) fn interpret_options(&mut self, proto: &mut FileDescriptorProto) {
        let mut pending = std::mem::take(&mut self.pending);
        let mut interpreted = Interpreted::default();
        for options in &mut pending {
            if let Some(element) = element::find(proto, &options.path) {
                options.written = std::mem::take(element.uninterpreted());
            }
        }
        for options in pending.iter_mut().filter(|options| !options.written.is_empty()) {
            self.interpret(options, false, proto, &mut interpreted);
        }
        self.resolve_features(proto);
        self.note_options(proto);
        for options in pending.iter_mut().filter(|options| !options.written.is_empty()) {
            self.interpret(options, true, proto, &mut interpreted);
        }
        if let Some(info) = proto.source_code_info.as_option_mut() {
            source_info::update(info, interpreted.paths);
        }
    }

    /// Gives each element its features.
    fn resolve_features(&mut self, proto: &FileDescriptorProto) {
        self.visit(proto, &mut |this, element| this.resolve_element(element));
        self.visit(proto, &mut |this, element| {
            if let Element::Field(id, field) = element {
                this.apply_field_features(id, field);
            }
        });
    }

    fn resolve_element(&mut self, element: Element<'_>) {
        let pool = &self.pool;
        let file = pool[self.file].features;
        let below = |message: Option<MessageId>| message.map_or(file, |id| pool[id].features);
        let (explicit, parent, part) = match element {
            Element::File(proto) => {
                let defaults = Features::defaults(self.edition);
                (proto.options.features.as_option(), defaults, Part::Edition)
            }
            Element::Message(id, proto) => {
                (proto.options.features.as_option(), below(pool[id].parent), Part::Name)
            }
            Element::Enum(id, proto) => {
                (proto.options.features.as_option(), below(pool[id].parent), Part::Name)
            }
            Element::Value(id, proto) => {
                let owner = pool[pool[id].owner].features;
                (proto.options.features.as_option(), owner, Part::Name)
            }
            Element::Oneof(id, proto) => {
                let message = pool[pool[id].message].features;
                (proto.options.features.as_option(), message, Part::Name)
            }
            Element::Field(id, proto) => {
                let parent = match pool[id].oneof {
                    Some(oneof) => pool[oneof].features,
                    None => below(pool[id].scope),
                };
                (proto.options.features.as_option(), parent, Part::Name)
            }
            Element::Range(id, _, proto) => {
                (proto.options.features.as_option(), pool[id].features, Part::Name)
            }
            Element::Service(_, proto) => (proto.options.features.as_option(), file, Part::Name),
            Element::Method(id, proto) => {
                let service = pool[pool[id].service].features;
                (proto.options.features.as_option(), service, Part::Name)
            }
        };
        let mut own = explicit.map(Features::explicit).unwrap_or_default();
        if explicit.is_some() && self.edition < edition::E2023 {
            self.error(part, "Features are only valid under editions.");
        }
        if let Element::Field(_, field) = element {
            own.infer(self.edition, field);
        }
        let merged = own.below(parent).unwrap_or_else(|message| {
            self.error(part, message);
            parent
        });
        self.set_features(element, merged);
    }

    fn set_features(&mut self, element: Element<'_>, features: Features) {
        let file = self.file;
        let pool = &mut *self.pool;
        match element {
            Element::File(_) => pool[file].features = features,
            Element::Message(id, _) => pool[id].features = features,
            Element::Enum(id, _) => pool[id].features = features,
            Element::Value(id, _) => pool[id].features = features,
            Element::Oneof(id, _) => pool[id].features = features,
            Element::Field(id, _) => pool[id].features = features,
            Element::Range(id, index, _) => pool[id].extension_ranges[index].features = features,
            Element::Service(id, _) => pool[id].features = features,
            Element::Method(id, _) => pool[id].features = features,
        }
    }

    /// Keeps what other files, and checks, need to know of options.
    fn note_options(&mut self, proto: &FileDescriptorProto) {
        self.visit(proto, &mut |this, element| {
            let file = this.file;
            match element {
                Element::File(proto) => this.pool[file].lite = element::is_lite(proto),
                Element::Message(id, proto) => {
                    let options = &proto.options;
                    this.pool[id].message_set = options.message_set_wire_format.unwrap_or(false);
                    this.pool[id].map_entry = options.map_entry.unwrap_or(false);
                }
                Element::Range(id, _, proto) => {
                    let options = proto.options.as_option();
                    let declared = options.filter(|options| element::declares(options)).cloned();
                    this.pool[id].range_options.push(declared);
                }
                Element::Field(id, proto) => {
                    let options = &proto.options;
                    this.pool[id].source_only = element::is_source_only(proto);
                    this.pool[id].targets = element::targets(proto);
                    this.pool[id].support = options.feature_support.as_option().map(support);
                }
                Element::Value(id, proto) => {
                    let options = &proto.options;
                    this.pool[id].support = options.feature_support.as_option().map(support);
                }
                _ => {}
            }
        });
    }
}

fn support(support: &FeatureSupport) -> Box<Support> {
    let number = |edition: Option<Edition>| edition.map(|edition| edition.to_i32());
    // It is newer than the messages that this is read by.
    let removal_error =
        support.__buffa_unknown_fields.iter().find_map(|field| match (&field.data, field.number) {
            (UnknownFieldData::LengthDelimited(text), 5) => {
                Some(String::from_utf8_lossy(text).into_owned())
            }
            _ => None,
        });
    Box::new(Support {
        introduced: number(support.edition_introduced).unwrap_or_default(),
        deprecated: number(support.edition_deprecated),
        deprecation_warning: support.deprecation_warning.clone(),
        removed: number(support.edition_removed),
        removal_error,
    })
}
