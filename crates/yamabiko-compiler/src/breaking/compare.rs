//! Goes through what was there before, and looks what has become of it.

use super::api::{Api, Enum, Field, Home, Message, Service};
use super::change::{Advice, Found};
use super::fields::Pair;

/// Two states of the files, and what has changed for the worse.
pub(super) struct Comparison<'a> {
    pub before: &'a Api<'a>,
    pub after: &'a Api<'a>,
    pub found: Vec<Found>,
}

impl<'a> Comparison<'a> {
    /// Compares everything.
    pub(super) fn run(before: &'a Api<'a>, after: &'a Api<'a>) -> Vec<Found> {
        let mut comparison = Self { before, after, found: Vec::new() };
        comparison.files();
        comparison.packages();
        for (name, message) in &before.messages {
            match after.messages.get(name) {
                Some(now) => comparison.message(message, now),
                None => comparison.deleted("message", "MESSAGE", &message.home),
            }
        }
        for (name, before) in &before.enums {
            match after.enums.get(name) {
                Some(now) => comparison.enumeration(before, now),
                None => comparison.deleted("enum", "ENUM", &before.home),
            }
        }
        for (name, service) in &before.services {
            match after.services.get(name) {
                Some(now) => comparison.service(service, now),
                None => comparison.deleted("service", "SERVICE", &service.home),
            }
        }
        for ((extendee, number), extension) in &before.extensions {
            let name = |field: &Field<'_>| match field.home.package.as_str() {
                "" => field.home.nested_name.clone(),
                package => format!("{package}.{}", field.home.nested_name),
            };
            match after.extensions.get(&(extendee.clone(), *number)) {
                Some(now) => comparison.field(&Pair {
                    before: extension,
                    after: now,
                    subject: format!(
                        "Extension \"{number}\" with name \"{}\" on message \"{extendee}\"",
                        name(now)
                    ),
                    nameless: format!("Extension \"{number}\" on message \"{extendee}\""),
                }),
                None => comparison.deleted("extension", "EXTENSION", &extension.home),
            }
        }
        comparison.moved();
        comparison.found
    }

    /// Says something about a part of something that is still there.
    pub(super) fn report_at(
        &mut self,
        rule: &'static str,
        home: &Home,
        part: &[i32],
        message: String,
        advice: Advice,
    ) {
        let (file, path, part) = (home.file.clone(), home.path.clone(), part.to_vec());
        self.found.push(Found { rule, file, path, part, message, advice });
    }

    fn report_file(&mut self, rule: &'static str, file: &str, message: String, advice: Advice) {
        let (path, part) = (Vec::new(), Vec::new());
        self.found.push(Found { rule, file: file.to_owned(), path, part, message, advice });
    }

    fn packages(&mut self) {
        for package in self.before.packages.difference(&self.after.packages) {
            let message = format!("Previously present package \"{package}\" was deleted.");
            let advice = Advice::default()
                .source("whatever uses the package does not compile")
                .wire("its services are called in vain")
                .instead("keep the package until nobody uses it, marked as deprecated");
            self.report_file("PACKAGE_NO_DELETE", "", message, advice);
        }
    }

    /// Something is not there under its full name.
    fn deleted(&mut self, what: &str, kind: &str, home: &Home) {
        let (of_file, of_package) = match kind {
            "MESSAGE" => ("MESSAGE_NO_DELETE", "PACKAGE_MESSAGE_NO_DELETE"),
            "ENUM" => ("ENUM_NO_DELETE", "PACKAGE_ENUM_NO_DELETE"),
            "SERVICE" => ("SERVICE_NO_DELETE", "PACKAGE_SERVICE_NO_DELETE"),
            _ => ("EXTENSION_NO_DELETE", "PACKAGE_EXTENSION_NO_DELETE"),
        };
        let (name, package) = (&home.nested_name, &home.package);
        let advice = deleted_advice(kind, name);
        let path = self.outer(home);
        let subject = format!("Previously present {what} \"{name}\" was deleted from");
        // With its package, or its file, it is gone without further words; and
        // a file may have changed its package.
        let file = self.after.files.get(home.file.as_str());
        let is_moved =
            file.is_some_and(|file| file.package.as_deref().unwrap_or_default() != package);
        if file.is_some() && !is_moved {
            let message = format!("{subject} file.");
            let (file, path, advice) = (home.file.clone(), path.clone(), advice.clone());
            let part = Vec::new();
            self.found.push(Found { rule: of_file, file, path, part, message, advice });
        }
        if self.after.packages.contains(package.as_str()) {
            let message = format!("{subject} package \"{package}\".");
            let file = file.map(|_| home.file.clone()).unwrap_or_default();
            let part = Vec::new();
            self.found.push(Found { rule: of_package, file, path, part, message, advice });
        }
    }

    /// The path of the innermost message around a place that is still there;
    /// none if that is the file.
    fn outer(&self, home: &Home) -> Vec<i32> {
        let mut name = home.nested_name.as_str();
        while let Some((outer, _)) = name.rsplit_once('.') {
            let full_name = match home.package.as_str() {
                "" => outer.to_owned(),
                package => format!("{package}.{outer}"),
            };
            let found = self.after.messages.get(&full_name);
            if let Some(message) = found.filter(|message| message.home.file == home.file) {
                return message.home.path.clone();
            }
            name = outer;
        }
        Vec::new()
    }

    /// What is in another file now: code that includes or imports by file
    /// breaks.
    fn moved(&mut self) {
        let mut found = Vec::new();
        let mut look = |what, kind, before: &Home, after: Option<&Home>| {
            if after.is_some_and(|after| after.file != before.file)
                && self.after.files.contains_key(before.file.as_str())
            {
                found.push((what, kind, before.clone()));
            }
        };
        for (name, item) in &self.before.messages {
            look("message", "MESSAGE_NO_DELETE", &item.home, home(&self.after.messages, name));
        }
        for (name, item) in &self.before.enums {
            look("enum", "ENUM_NO_DELETE", &item.home, home(&self.after.enums, name));
        }
        for (name, item) in &self.before.services {
            look("service", "SERVICE_NO_DELETE", &item.home, home(&self.after.services, name));
        }
        for (what, rule, home) in found {
            let name = &home.nested_name;
            let message = format!("Previously present {what} \"{name}\" was deleted from file.");
            let advice = Advice::default()
                .source("in C++, Python and others, code that imports by file does not compile")
                .instead("import the new file publicly in the old one");
            let path = self.outer(&home);
            let part = Vec::new();
            self.found.push(Found { rule, file: home.file, path, part, message, advice });
        }
    }
}

fn home<'h, T>(items: &'h std::collections::BTreeMap<String, T>, name: &str) -> Option<&'h Home>
where
    T: HasHome,
{
    items.get(name).map(HasHome::home)
}

trait HasHome {
    fn home(&self) -> &Home;
}

macro_rules! has_home {
    ($($item:ident)*) => {
        $(impl HasHome for $item<'_> {
            fn home(&self) -> &Home {
                &self.home
            }
        })*
    };
}
has_home! { Message Enum Service }

fn deleted_advice(kind: &str, name: &str) -> Advice {
    let advice = Advice::default().source(format!("whatever uses `{name}` does not compile"));
    match kind {
        "SERVICE" => advice
            .wire("who calls it is answered UNIMPLEMENTED")
            .instead("keep it until nobody calls it, with `option deprecated = true;`"),
        "EXTENSION" => advice
            .wire("values of it are not known")
            .instead("keep it until nobody uses it, with `[deprecated = true]`"),
        _ => advice
            .wire("in a `google.protobuf.Any`, values of it cannot be read")
            .instead("keep it until nobody uses it, with `option deprecated = true;`"),
    }
}
