//! What is put in order before anything is written: statements that say
//! nothing, comments at the end of a line, and the prelude of a file.

use super::pieces::Piece;
use super::statements::{End, Statement};

/// Leaves out statements that are nothing but a `;`, unless a comment might
/// change its owner.
pub(super) fn drop_empty(pieces: &mut Vec<Piece<'_>>, statements: &[Statement]) {
    let mut dropped = Vec::new();
    let mut todo: Vec<&[Statement]> = vec![statements];
    while let Some(statements) = todo.pop() {
        for statement in statements {
            let next = pieces.get(statement.last() + 1);
            let is_alone = pieces[statement.first].before.comments.is_empty()
                && next.is_some_and(|next| next.before.comments.is_empty());
            if statement.is_empty() && is_alone {
                dropped.push(statement.first);
            }
            if let End::Block(block) = &statement.end {
                todo.push(&block.statements);
            }
        }
    }
    dropped.sort_unstable();
    // From the end, so that breaks move on to a piece that stays.
    for &index in dropped.iter().rev() {
        let breaks = pieces[index].before.breaks;
        pieces[index + 1].before.breaks += breaks;
    }
    let mut index = 0;
    pieces.retain(|_| {
        index += 1;
        dropped.binary_search(&(index - 1)).is_err()
    });
}

/// Gives a comment at the end of a line to the token that it stands behind, if
/// that ends a statement or opens a block.
pub(super) fn attach_trailing(pieces: &mut [Piece<'_>], statements: &[Statement]) {
    for statement in statements {
        if let End::Block(block) = &statement.end {
            attach_to(pieces, block.open);
            attach_trailing(pieces, &block.statements);
        }
        attach_to(pieces, statement.last());
    }
}

fn attach_to(pieces: &mut [Piece<'_>], index: usize) {
    let Some(next) = pieces.get_mut(index + 1) else { return };
    if next.before.is_comment_within_line() {
        return;
    }
    let comments = &mut next.before.comments;
    let is_behind = comments.first().is_some_and(|comment| comment.breaks == 0);
    let after = is_behind.then(|| comments.remove(0));
    // A second one on the line belongs to what follows, for protoc.
    if let (true, Some(second)) = (is_behind, comments.first_mut()) {
        second.breaks = second.breaks.max(1);
    }
    pieces[index].after = after;
}

/// What a statement at the beginning of a file is, in the order in which such
/// statements stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// `syntax` or `edition`.
    Edition,
    /// `package`.
    Package,
    /// `import`.
    Import,
    /// `option`.
    Option,
    /// Anything else: a definition.
    Definition,
}

impl Class {
    /// What a statement of a file is.
    pub(super) fn of(pieces: &[Piece<'_>], statement: &Statement) -> Self {
        match pieces[statement.first].text {
            b"syntax" | b"edition" => Self::Edition,
            b"package" => Self::Package,
            b"import" => Self::Import,
            b"option" => Self::Option,
            _ => Self::Definition,
        }
    }
}

/// Puts what stands before the first definition in order. A comment that
/// belongs to no statement keeps its place, and nothing moves over it.
pub(super) fn sort_prelude(pieces: &[Piece<'_>], statements: &mut [Statement]) {
    let class = |statement: &Statement| Class::of(pieces, statement);
    let end = statements
        .iter()
        .position(|statement| class(statement) == Class::Definition)
        .unwrap_or(statements.len());
    let mut rest = &mut statements[..end];
    while !rest.is_empty() {
        let stays = |statement: &Statement| {
            let before = &pieces[statement.first].before;
            before.has_detached_comment() || before.is_comment_within_line()
        };
        let length = 1 + rest[1..].iter().take_while(|statement| !stays(statement)).count();
        let (run, others) = rest.split_at_mut(length);
        sort(pieces, run);
        rest = others;
    }
}

fn sort(pieces: &[Piece<'_>], run: &mut [Statement]) {
    let key = |statement: &Statement| {
        let class = Class::of(pieces, statement);
        let import = (class == Class::Import).then(|| import_key(pieces, statement));
        (class, import)
    };
    // What comes first may have comments that belong to nothing, or are about
    // the file.
    let before = &pieces[run[0].first].before;
    let is_pinned =
        before.has_detached_comment() || (run[0].first == 0 && !before.comments.is_empty());
    let first = usize::from(is_pinned);
    if is_pinned && run[1..].iter().any(|statement| key(statement) < key(&run[0])) {
        return;
    }
    run[first..].sort_by_key(key);
}

/// Imports go by the name of the file; those of options only come last, where
/// they must be.
fn import_key<'a>(pieces: &[Piece<'a>], statement: &Statement) -> (bool, &'a [u8]) {
    let is_option = pieces[statement.first + 1].is("option");
    let name = pieces[statement.head_end() - 1].text;
    (is_option, name.trim_ascii_start().get(1..).unwrap_or(name))
}
