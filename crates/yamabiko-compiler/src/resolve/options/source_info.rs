//! Source locations follow the options: from where they were written to what
//! they became.

use std::collections::HashMap;

use buffa_codegen::generated::descriptor::SourceCodeInfo;

/// Moves the locations of options; what was said about their parts goes.
pub(super) fn update(info: &mut SourceCodeInfo, paths: Vec<(Vec<i32>, Vec<i32>)>) {
    if paths.is_empty() {
        return;
    }
    let paths: HashMap<Vec<i32>, Vec<i32>> = paths.into_iter().collect();
    let mut moved: Option<Vec<i32>> = None;
    info.location.retain_mut(|location| {
        if moved.as_ref().is_some_and(|moved| location.path.starts_with(moved)) {
            return false;
        }
        moved = None;
        if let Some(path) = paths.get(&location.path) {
            moved = Some(std::mem::replace(&mut location.path, path.clone()));
        }
        true
    });
}
