//! Tokens one by one, and what literals mean.

use super::*;

/// The texts of all tokens, and what is wrong with them.
fn lex(text: &str) -> (Vec<String>, Vec<String>) {
    let mut lexer = Lexer::new(text.as_bytes());
    let mut tokens = Vec::new();
    while lexer.next() {
        tokens.push(lexer.current().to_text().into_owned());
    }
    let faults = lexer.take_faults();
    let faults = faults
        .iter()
        .map(|fault| format!("{}:{} {}", fault.place.line, fault.place.column, fault.message));
    (tokens, faults.collect())
}

fn string(token: &str) -> Vec<u8> {
    let mut value = Vec::new();
    strings::unescape(token.as_bytes(), &mut value);
    value
}

#[test]
fn words_numbers_strings_and_symbols_are_told_apart() {
    let text = "message A_1 { // x\n  .5 1. 'a' \"b\\\"c\" /* y */ 0x1F -7 1e-3 }";
    let mut lexer = Lexer::new(text.as_bytes());
    let mut kinds = Vec::new();
    while lexer.next() {
        kinds.push(lexer.current().kind);
    }
    use Kind::{Float, Identifier, Integer, String, Symbol};
    assert_eq!(
        kinds,
        [
            Identifier, Identifier, Symbol, Float, Float, String, String, Integer, Symbol, Integer,
            Float, Symbol
        ],
    );
    assert_eq!(lexer.take_faults(), []);
}

#[test]
fn a_tab_leads_to_the_next_multiple_of_eight_and_letters_count_by_bytes() {
    let mut lexer = Lexer::new("\ta\tb\n é c".as_bytes());
    let mut columns = Vec::new();
    while lexer.next() {
        let token = lexer.current();
        columns.push((token.line, token.column, token.end_column));
    }
    assert_eq!(columns, [(0, 8, 9), (0, 16, 17), (1, 1, 2), (1, 2, 3), (1, 4, 5)]);
}

#[test]
fn a_number_ends_where_protoc_ends_it() {
    let cases: [(&str, &[&str], &[&str]); 9] = [
        ("0755", &["0755"], &[]),
        ("09", &["09"], &["0:1 Numbers starting with leading zero must be in octal."]),
        ("0x", &["0x"], &["0:2 \"0x\" must be followed by hex digits."]),
        ("1e", &["1e"], &["0:2 \"e\" must be followed by exponent."]),
        ("1e+", &["1e+"], &["0:3 \"e\" must be followed by exponent."]),
        (
            "1.5.2",
            &["1.5", ".2"],
            &["0:3 Already saw decimal point or exponent; can't have another one."],
        ),
        ("0x1.5", &["0x1", ".5"], &["0:3 Hex and octal numbers must be integers."]),
        ("5a", &["5", "a"], &["0:1 Need space between number and identifier."]),
        ("a.5", &["a", ".5"], &["0:1 Need space between identifier and decimal point."]),
    ];
    for (text, tokens, faults) in cases {
        let (found, wrong) = lex(text);
        assert_eq!(found, tokens, "{text}");
        assert_eq!(wrong, faults, "{text}");
    }
}

#[test]
fn an_integer_has_the_worth_of_its_base_and_a_limit() {
    assert_eq!(numbers::integer(b"0", 9), Some(0));
    assert_eq!(numbers::integer(b"42", 42), Some(42));
    assert_eq!(numbers::integer(b"43", 42), None);
    assert_eq!(numbers::integer(b"0755", u64::MAX), Some(0o755));
    assert_eq!(numbers::integer(b"08", u64::MAX), None);
    assert_eq!(numbers::integer(b"0xFFfffFFFffffffff", u64::MAX), Some(u64::MAX));
    assert_eq!(numbers::integer(b"18446744073709551615", u64::MAX), Some(u64::MAX));
    assert_eq!(numbers::integer(b"18446744073709551616", u64::MAX), None);
    assert_eq!(numbers::integer(b"0x", u64::MAX), Some(0));
}

#[test]
fn a_float_is_read_even_if_its_exponent_is_missing() {
    assert_eq!(numbers::float(b"1.5e3"), Some(1500.0));
    assert_eq!(numbers::float(b".5"), Some(0.5));
    assert_eq!(numbers::float(b"2."), Some(2.0));
    assert_eq!(numbers::float(b"2e"), Some(2.0));
    assert_eq!(numbers::float(b"2e-"), Some(2.0));
    assert_eq!(numbers::float(b"1e999"), Some(f64::INFINITY));
    assert_eq!(numbers::float(b"99999999999999999999"), Some(1e20));
}

#[test]
fn a_float_is_written_as_c_would_with_as_few_digits_as_lead_back() {
    let cases = [
        (0.0, "0"),
        (1.0, "1"),
        (0.1, "0.1"),
        (-1.5, "-1.5"),
        (123_456_789.0, "123456789"),
        (1e14, "100000000000000"),
        (1e15, "1e+15"),
        (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1.0 / 3.0, "0.33333333333333331"),
        (1e100, "1e+100"),
        (5e-324, "4.94065645841247e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
    ];
    for (value, text) in cases {
        assert_eq!(numbers::float_to_text(value), text);
    }
}

#[test]
fn escapes_mean_what_they_mean_in_c() {
    assert_eq!(string(r#""a\n\t\\\"\'\?b""#), b"a\n\t\\\"'?b");
    assert_eq!(string(r"'\a\b\f\r\v'"), [7, 8, 12, 13, 11]);
    assert_eq!(string(r#""\0\12\101\1010\777""#), b"\0\nAA0\xff");
    assert_eq!(string(r#""\x41\xff\X4g""#), b"A\xff\x04g");
    assert_eq!(string(r#""it's""#), b"it's");
    assert_eq!(string("'\u{1f600}'"), "\u{1f600}".as_bytes());
}

#[test]
fn code_points_become_utf8_and_pairs_are_joined() {
    assert_eq!(string(r#""\u00e9\U0001F600""#), "é😀".as_bytes());
    assert_eq!(string(r#""\ud83d\ude00""#), "😀".as_bytes());
    // Half a pair is no character, but has its three bytes.
    assert_eq!(string(r#""\ud83dx""#), b"\xed\xa0\xbdx");
    assert_eq!(string(r#""\ud83d\u0041""#), b"\xed\xa0\xbdA");
    assert_eq!(string(r#""\U00110000""#), b"\\U00110000");
}

#[test]
fn a_string_that_is_broken_means_something_all_the_same() {
    assert_eq!(string("\"abc"), b"abc");
    assert_eq!(string("\""), b"");
    assert_eq!(string(r#""\q\u12""#), b"?u12");
    assert_eq!(string("\"\\"), b"\\");
}

#[test]
fn a_string_ends_with_its_line() {
    let (tokens, faults) = lex("\"abc\nd 'e");
    assert_eq!(tokens, ["\"abc", "d", "'e"]);
    assert_eq!(
        faults,
        [
            "0:4 Multiline strings are not allowed. Did you miss a \"?.",
            "1:4 Unexpected end of string."
        ],
    );
}

#[test]
fn wrong_escapes_are_told_where_they_go_wrong() {
    let (_, faults) = lex(r#""\q \x \u12 \U00110000 \U0010ffff""#);
    assert_eq!(
        faults,
        [
            "0:2 Invalid escape sequence in string literal.",
            "0:6 Expected hex digits for escape sequence.",
            "0:11 Expected four hex digits for \\u escape sequence.",
        ],
    );
    let (_, faults) = lex(r#""\U00200000""#);
    assert_eq!(faults, ["0:5 Expected eight hex digits up to 10ffff for \\U escape sequence"]);
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let (tokens, faults) = lex("a \u{1}\u{2}\u{0} b ü");
    assert_eq!(tokens.len(), 4);
    assert_eq!(
        faults,
        [
            "0:2 Invalid control characters encountered in text.",
            "0:8 Interpreting non ascii codepoint 195.",
            "0:9 Interpreting non ascii codepoint 188."
        ],
    );
}

#[test]
fn a_block_comment_that_is_open_is_told_with_its_start() {
    let (tokens, faults) = lex("a\n  /* b /* c");
    assert_eq!(tokens, ["a"]);
    assert_eq!(
        faults,
        [
            "1:8 \"/*\" inside block comment.  Block comments cannot be nested.",
            "1:11 End-of-file inside block comment.",
            "1:2   Comment started here."
        ],
    );
}

/// The comments between the first two tokens.
fn comments(text: &str) -> (String, Vec<String>, String) {
    let mut lexer = Lexer::new(text.as_bytes());
    lexer.next();
    let comments = lexer.next_with_comments();
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    (
        text(&comments.trailing),
        comments.detached.iter().map(text).collect(),
        text(&comments.leading),
    )
}

#[test]
fn a_comment_belongs_to_the_token_that_it_stands_by() {
    let none = Vec::<String>::new;
    let text = |text: &str| text.to_owned();
    assert_eq!(comments("; // t\n a"), (text(" t\n"), none(), text("")));
    assert_eq!(comments(";\n// t\n\n a"), (text(" t\n"), none(), text("")));
    assert_eq!(comments(";\n// l\n// m\n a"), (text(""), none(), text(" l\n m\n")));
    assert_eq!(comments("; // t\n// l\n a"), (text(" t\n"), none(), text(" l\n")),);
    assert_eq!(
        comments(";\n\n// d\n\n/* e */\n\n/* l\n * m */ a"),
        (text(""), vec![text(" d\n"), text(" e ")], text(" l\n m ")),
    );
    // A scope that ends has no comment.
    assert_eq!(comments(";\n// t\n}"), (text(" t\n"), none(), text("")));
    // It could be either's.
    assert_eq!(comments("; /* d */ a"), (text(""), vec![text(" d ")], text("")));
}

#[test]
fn a_byte_order_mark_is_passed_over_once() {
    let mut lexer = Lexer::new(b"\xef\xbb\xbfa");
    lexer.next_with_comments();
    assert!(lexer.current().is("a"));
    assert_eq!(lexer.current().column, 3);
    let mut lexer = Lexer::new(b"\xef\xbba");
    lexer.next_with_comments();
    assert_eq!(lexer.take_faults().len(), 1);
}
