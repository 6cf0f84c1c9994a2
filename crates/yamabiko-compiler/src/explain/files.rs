//! P01xx: what a file is made of, before it is read as statements.

use super::table;

table! {
    UTF16 = 101, "the file is in UTF-16",
        "A .proto file is UTF-8. This one has two bytes for each letter, which is how Windows \
         PowerShell's `>` and some editors save text. Save it as UTF-8, with or without a byte order \
         mark; `yamabiko check --fix` does it.", "" => "";
    NOT_UTF8 = 102, "the file is not UTF-8",
        "A .proto file is UTF-8, and this one holds bytes that are not: as a rule letters with \
         accents in an older encoding such as Latin-1. Compilers may take them in comments, but \
         whatever generates code from the file or reads its descriptor stumbles. Save the file as \
         UTF-8; `--fix` takes the bytes for Windows-1252, which contains Latin-1.", "" => "";
    ODD_CHARACTER = 103, "a character that means nothing here",
        "Outside of strings and comments a .proto file consists of ASCII letters, digits, `_`, \
         blanks and a few signs. Quotation marks, blanks and semicolons that come from a word \
         processor or from an input method look alike but are other characters, and names have no \
         accents.",
        "message User {\n  string name = 1；\n}" => "message User {\n  string name = 1;\n}";
    OPEN_STRING = 104, "a string is not closed",
        "A string ends on the line on which it starts, with the same quote. To write a long one, \
         close it at the end of the line and open another on the next: strings that follow each \
         other are one.",
        "option java_package = \"com.example;" => "option java_package = \"com.example\";";
    OPEN_COMMENT = 105, "a comment is not closed",
        "A comment that starts with `/*` goes on to the next `*/`. Without one, everything to the \
         end of the file is comment. Comments do not lie in each other: the first `*/` ends them \
         all.",
        "/* A user.\nmessage User {}" => "/* A user. */\nmessage User {}";
    BAD_ESCAPE = 106, "a backslash with something unknown after it",
        "In strings a backslash starts an escape, as in C: \\n, \\t, \\\", \\\\, \\x41, \\u00e9. To \
         get a backslash itself, write two.",
        "option java_package = \"com\\.example\";" => "option java_package = \"com.example\";";
    BAD_NUMBER = 107, "a number that cannot be read",
        "Numbers are decimal (`10`), hexadecimal (`0x1F`) or octal (`017`, which is why `08` is \
         none), floating-point (`1.5`, `1e3`) or the words `inf` and `nan`. A name or a point may \
         not touch a number.",
        "message User {\n  string name = 08;\n}" => "message User {\n  string name = 8;\n}";
    UNREADABLE = 108, "a file cannot be read",
        "The file that was named, or that another one imports, is there but cannot be read: see the \
         system's reason in the message.", "" => "";
    NO_FILE = 109, "a file is not there",
        "The file that was named on the command line or in a build script does not exist. Paths are \
         relative to the current directory; in a build script, to the root of the crate.", "" => "";
}
