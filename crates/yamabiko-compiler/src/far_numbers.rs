//! The numbers of extensions of message sets, which may be larger than those of
//! other fields: they are values on the wire, not parts of tags.
//!
//! The generator of messages refuses such a number though the runtime knows it.
//! So it gets another one, and the constant that it makes the number of the file.

use std::collections::{BTreeMap, BTreeSet};

use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};
use syn::visit_mut::{self, VisitMut};

/// The largest number of a field, 2^29 - 1.
const LARGEST: i32 = (1 << 29) - 1;

/// The numbers that were replaced.
#[derive(Default)]
pub(crate) struct FarNumbers {
    /// By the message that is extended and the number in its place.
    originals: BTreeMap<(String, i32), i32>,
}

impl FarNumbers {
    /// Gives extensions with numbers that are too large others, or nothing if there are none.
    pub(crate) fn replace(
        files: &[FileDescriptorProto],
    ) -> Option<(Vec<FileDescriptorProto>, Self)> {
        let mut taken = BTreeSet::new();
        let mut is_far = false;
        let mut files = files.to_vec();
        each_extension(&mut files, &mut |extension| {
            is_far |= number(extension) > LARGEST;
            taken.insert((extendee(extension), number(extension)));
        });
        if !is_far {
            return None;
        }
        let mut originals = BTreeMap::new();
        each_extension(&mut files, &mut |extension| {
            let original = number(extension);
            if original > LARGEST {
                let mut key = (extendee(extension), LARGEST);
                while !taken.insert(key.clone()) {
                    key.1 -= 1;
                }
                extension.number = Some(key.1);
                originals.insert(key, original);
            }
        });
        Some((files, Self { originals }))
    }

    /// Puts the numbers of the files into code.
    pub(crate) fn restore(&mut self, code: &mut syn::File) {
        self.visit_file_mut(code);
    }

    /// The number and the message in a call of `Extension::new` or `Extension::with_default`.
    fn original(&self, call: &syn::ExprCall) -> Option<(i32, i32)> {
        let syn::Expr::Path(function) = &*call.func else { return None };
        let of_extension = function.path.segments.iter().any(|part| part.ident == "Extension");
        let mut arguments = call.args.iter().filter_map(|argument| match argument {
            syn::Expr::Lit(literal) => Some(&literal.lit),
            _ => None,
        });
        let (Some(syn::Lit::Int(number)), Some(syn::Lit::Str(extendee)), true) =
            (arguments.next(), arguments.next(), of_extension)
        else {
            return None;
        };
        let number = number.base10_parse().ok()?;
        let original = self.originals.get(&(extendee.value(), number))?;
        Some((number, *original))
    }
}

impl VisitMut for FarNumbers {
    fn visit_item_const_mut(&mut self, item: &mut syn::ItemConst) {
        let syn::Expr::Call(call) = &mut *item.expr else {
            return visit_mut::visit_item_const_mut(self, item);
        };
        let Some((number, original)) = self.original(call) else { return };
        if let Some(argument) = call.args.first_mut() {
            let literal = proc_macro2::Literal::i32_unsuffixed(original);
            *argument = syn::parse_quote!(#literal);
        }
        for attribute in &mut item.attrs {
            if let syn::Meta::NameValue(doc) = &mut attribute.meta
                && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) =
                    &mut doc.value
            {
                let told = text.value().replace(&number.to_string(), &original.to_string());
                *text = syn::LitStr::new(&told, text.span());
            }
        }
    }
}

/// The message that is extended, without the dot before its name.
fn extendee(extension: &FieldDescriptorProto) -> String {
    extension.extendee.as_deref().unwrap_or_default().trim_start_matches('.').to_owned()
}

fn number(extension: &FieldDescriptorProto) -> i32 {
    extension.number.unwrap_or_default()
}

fn each_extension(
    files: &mut [FileDescriptorProto],
    then: &mut impl FnMut(&mut FieldDescriptorProto),
) {
    fn of_messages(
        messages: &mut [DescriptorProto],
        then: &mut impl FnMut(&mut FieldDescriptorProto),
    ) {
        for message in messages {
            message.extension.iter_mut().for_each(&mut *then);
            of_messages(&mut message.nested_type, then);
        }
    }
    for file in files {
        file.extension.iter_mut().for_each(&mut *then);
        of_messages(&mut file.message_type, then);
    }
}
