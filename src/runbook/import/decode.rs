//! The bytes of a document into text: encodings, line ends, text that went through a wrong encoding once, invisible characters.
//! Never loses a character it can read, never repairs what may have been meant, and says all it did.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::base::text;

/// A text that was read, and what had to be done for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The text: lines end with `\n`.
    pub(super) text: String,
    /// What was repaired, a sentence each.
    pub(super) said: Vec<String>,
}

/// Reads the bytes of a document.
#[must_use]
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let mut said = Vec::new();
    let text = read(bytes, &mut said);
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
    let text = repair(text, &mut said);
    let text = with_plain_breaks(&text, &mut said);
    Decoded { text, said }
}

/// Bytes into characters by their byte order mark, as UTF-8, or as Windows-1252.
fn read(bytes: &[u8], said: &mut Vec<String>) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16, said: &mut Vec<String>| {
        said.push("The file was read as UTF-16.".to_owned());
        // An odd byte at the end is half a character.
        let units = bytes.chunks(2).map(|pair| if let [one, two] = pair { unit([*one, *two]) } else { 0xFFFD });
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return utf16(rest, u16::from_le_bytes, said),
        [0xFE, 0xFF, rest @ ..] => return utf16(rest, u16::from_be_bytes, said),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        return text.to_owned();
    }
    // A long text that is UTF-8 but for a few broken places was not written in Windows-1252.
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    if whole > broken.saturating_mul(4) {
        said.push(format!("{} not UTF-8 and read as Windows-1252.", counted(broken, "place was", "places were")));
        let read_chunk = |chunk: std::str::Utf8Chunk<'_>| {
            chunk.valid().chars().chain(chunk.invalid().iter().map(|byte| windows_1252(*byte))).collect::<String>()
        };
        return bytes.utf8_chunks().map(read_chunk).collect();
    }
    said.push("The file is not UTF-8 and was read as Windows-1252.".to_owned());
    bytes.iter().map(|byte| windows_1252(*byte)).collect()
}

/// "3 characters" or "1 character".
fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Windows-1252 from 0x80 to 0x9F; the five bytes it leaves undefined are the C1 controls, as the WHATWG reads them.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', //
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// Mac OS Roman from 0x80 to 0xFF (Apple's table as Unicode publishes it, with the euro sign; 0xF0 is Apple's own sign).
const MAC_ROMAN: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u{A0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{F8FF}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

/// An encoding of one byte a character that UTF-8 is often read as by mistake: its bytes from 0x80 by their character.
struct WrongEncoding {
    name: &'static str,
    byte_of: HashMap<char, u8>,
}

static WRONG_ENCODINGS: LazyLock<[WrongEncoding; 2]> = LazyLock::new(|| {
    let windows = (0x80..=0xFF).map(|byte| (windows_1252(byte), byte));
    let mac = MAC_ROMAN.chars().zip(0x80..=0xFF_u8);
    [
        WrongEncoding { name: "Windows-1252", byte_of: windows.chain((0x80..=0x9F).map(|byte| (char::from(byte), byte))).collect() },
        WrongEncoding { name: "Mac Roman", byte_of: mac.collect() },
    ]
});

/// Undoes UTF-8 that was read in a wrong encoding and saved again, up to twice.
///
/// A run of characters outside ASCII could be such damage if its bytes in that encoding are UTF-8. A document is damaged as a
/// whole or not at all, so nothing is repaired unless nine runs of ten could be damage: `Ã©` in a text about encodings stays.
fn repair(mut text: String, said: &mut Vec<String>) -> String {
    for time in 0..2 {
        let best = WRONG_ENCODINGS
            .iter()
            .filter_map(|wrong| wrong.undone(&text).map(|(undone, runs)| (wrong, undone, runs)))
            .max_by_key(|(_, undone, runs)| (*runs, usual(undone)));
        let Some((wrong, undone, runs)) = best else { break };
        let again = if time == 0 { "" } else { " once more" };
        said.push(format!(
            "{} of UTF-8 that had been read as {}{again}: repaired.",
            counted(runs, "piece was text", "pieces were text"),
            wrong.name
        ));
        text = undone;
    }
    text
}

impl WrongEncoding {
    /// The text with its damage undone and how many pieces of it; nothing if too little of it could be damage.
    fn undone(&self, text: &str) -> Option<(String, usize)> {
        let mut undone = String::with_capacity(text.len());
        let (mut damaged, mut sound, mut repaired_characters) = (0_usize, 0_usize, 0_usize);
        let mut rest = text;
        while !rest.is_empty() {
            let ascii = rest.find(|c: char| !c.is_ascii()).unwrap_or(rest.len());
            undone.push_str(&rest[..ascii]);
            rest = &rest[ascii..];
            let run = &rest[..rest.find(|c: char| c.is_ascii()).unwrap_or(rest.len())];
            rest = &rest[run.len()..];
            if run.is_empty() {
                break;
            }
            if let Some(repaired) = self.run_undone(run) {
                damaged += 1;
                repaired_characters += repaired.chars().count();
                undone.push_str(&repaired);
            } else {
                sound += 1;
                undone.push_str(run);
            }
        }
        // One or two characters prove little: they must become what such text holds most.
        let is_likely =
            if repaired_characters < 3 { undone.chars().all(is_usual) } else { 10 * usual(&undone) >= 9 * undone.chars().count() };
        (damaged > 0 && damaged >= 9 * sound && is_likely).then_some((undone, damaged))
    }

    fn run_undone(&self, run: &str) -> Option<String> {
        let bytes: Option<Vec<u8>> = run.chars().map(|c| self.byte_of.get(&c).copied()).collect();
        String::from_utf8(bytes?).ok()
    }
}

/// How many characters of a text are usual ones.
fn usual(text: &str) -> usize {
    // Far more letters of other scripts are usual than those that damage is mistaken for: marks without a letter, phonetic signs.
    // `ƒ`, `ˆ` and their like are what damage of damage consists of.
    let is_rare = |c: char| matches!(c, '\u{80}'..='\u{9F}' | '\u{180}'..='\u{217}' | '\u{21C}'..='\u{36F}' | '\u{530}'..='\u{58F}' | '\u{700}'..='\u{8FF}' | '\u{E000}'..='\u{F8FF}');
    let is_of_damage = |c: char| WRONG_ENCODINGS.iter().any(|wrong| wrong.byte_of.contains_key(&c));
    text.chars().filter(|c| is_usual(*c) || !is_rare(*c) || is_of_damage(*c)).count()
}

/// Whether a European language, a drawing or an emoji has the character.
fn is_usual(c: char) -> bool {
    c.is_ascii()
        || matches!(c, '\u{A0}'..='\u{17F}' | '\u{218}'..='\u{21B}' | '\u{2000}'..='\u{2BFF}' | '\u{FE0F}' | '\u{FEFF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Breaks of lines and pages become line breaks; what else a reader does not see, or a terminal would act on, is counted.
fn with_plain_breaks(text: &str, said: &mut Vec<String>) -> String {
    if !text.chars().any(is_unseen) {
        return text.to_owned();
    }
    let text = text.replace(['\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let unseen = text.chars().filter(|c| is_unseen(*c)).count();
    if let Some(first) = text.find(is_unseen) {
        let line = text[..first].split('\n').count();
        let was = counted(unseen, "invisible or controlling character is", "invisible or controlling characters are");
        said.push(format!("{was} left out of prose and shown as <U+…> in code, from line {line}."));
    }
    text
}

fn is_unseen(c: char) -> bool {
    // Most of a page needs no table.
    !matches!(c, ' '..='~' | '\n' | '\t') && (text::is_deceptive(c) || matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}

/// Prose without what nobody sees.
pub(super) fn without_unseen(text: &str) -> Cow<'_, str> {
    if text.contains(is_unseen) { Cow::Owned(text.chars().filter(|c| !is_unseen(*c)).collect()) } else { Cow::Borrowed(text) }
}

/// Code with a mark for each character that nobody sees: somebody must see that it was there.
pub(super) fn with_marks(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut marked = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unseen(c) {
            let _ = write!(marked, "<U+{:04X}>", u32::from(c));
        } else {
            marked.push(c);
        }
    }
    Cow::Owned(marked)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot make its own bytes fails")]

    use super::*;

    const TEXTS: &[&str] = &[
        "✅ Größe «CAFÉ» – naïve façade…\nzweite Zeile: Übermut tut selten gut\n",
        "Проверьте состояние базы данных, затем перезапустите службу.\n",
        "データベースを確認する。次に再起動。\n",
        "🚨 Incident → 🔥 fix → ✅ done\n## 🔍 Überprüfung ’quoted’ “text” €5\n",
        "Vérifiez l’état du système ; redémarrez à 15 h. Ça va ?\n",
        "żółć gęślą jaźń, kůň, ğüşiöç\n",
    ];

    fn as_windows(text: &str) -> String {
        text.bytes().map(windows_1252).collect()
    }

    fn as_mac(text: &str) -> String {
        let table: Vec<char> = MAC_ROMAN.chars().collect();
        text.bytes().map(|byte| if byte < 0x80 { char::from(byte) } else { table[usize::from(byte) - 0x80] }).collect()
    }

    /// Numbers that are the same every time (a linear congruence with Knuth's factor).
    fn numbers(mut seed: u64) -> impl FnMut(usize) -> usize {
        move |below| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap_or_default() % below
        }
    }

    #[test]
    fn the_table_has_a_character_for_every_byte() {
        assert_eq!(MAC_ROMAN.chars().count(), 128);
        assert_eq!(as_mac("\u{E000}").chars().count(), 3);
    }

    #[test]
    fn damage_is_undone() {
        for text in TEXTS {
            for damage in [as_windows, as_mac] {
                assert_eq!(decode(damage(text).as_bytes()).text, *text);
                assert_eq!(decode(damage(&damage(text)).as_bytes()).text, *text);
                assert_eq!(decode(damage(text).as_bytes()).said.len(), 1, "{text}");
            }
            assert_eq!(decode(as_mac(&as_windows(text)).as_bytes()).text, *text);
        }
    }

    #[test]
    fn sound_text_is_never_touched() {
        for text in TEXTS {
            assert_eq!(decode(text.as_bytes()), Decoded { text: (*text).to_owned(), said: Vec::new() });
        }
        for text in [
            "«CAFÉ»",
            "É",
            "ÀÉÎ",
            "Ã©",
            "déjà vu Ã©tat crème",
            "Straße 5 °C",
            "£5 — “no”",
            "naïve",
            "ÜBER",
            "Maß: 5 µm ±2",
            "ÿ",
            "Â§ 5 und § 6",
        ] {
            let expected = if text == "Ã©" { "é" } else { text };
            assert_eq!(decode(text.as_bytes()).text, expected);
        }
    }

    #[test]
    fn generated_text_survives_damage() {
        let alphabets = ["äöüßéèê«»–…“” abc\n", "абвгдежзийклм АБВ.\n", "日本語かな漢字。 x\n", "✅🚨🔥❌→⚠\u{FE0F} #-\n", "àâçéîôû’ n\n"];
        let mut number = numbers(7);
        for round in 0..600 {
            let alphabet: Vec<char> = alphabets[round % alphabets.len()].chars().collect();
            let text: String = (0..40 + number(200)).map(|_| alphabet[number(alphabet.len())]).collect();
            let damage = if number(2) == 0 { as_windows } else { as_mac };
            assert_eq!(decode(damage(&text).as_bytes()).text, text);
        }
    }

    #[test]
    fn encodings_are_read_by_their_mark() {
        let expected = "Zähler\nzwei 🚨\n";
        let crlf = expected.replace('\n', "\r\n");
        let little: Vec<u8> = [0xFF, 0xFE].into_iter().chain(crlf.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xFE, 0xFF].into_iter().chain(crlf.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        let marked = [b"\xEF\xBB\xBF".as_slice(), crlf.as_bytes()].concat();
        for bytes in [little, big, marked, expected.replace('\n', "\r").into_bytes()] {
            assert_eq!(decode(&bytes).text, expected);
        }
        assert_eq!(decode(b"Z\xE4hler \x80 5").text, "Zähler € 5");
        assert_eq!(decode(b"\xFF\xFEa\0b").text.chars().next(), Some('a'));
        assert_eq!(
            decode("äöüß äöü ä \u{0}".as_bytes()).said,
            ["1 invisible or controlling character is left out of prose and shown as <U+…> in code, from line 1."]
        );
    }

    #[test]
    fn invisible_characters_are_left_out_of_prose_and_marked_in_code() {
        let decoded = decode("a\u{200B}b\n\tc\u{202E}\u{C}d\u{2028}e\u{FEFF}\u{1b}[0m\n".as_bytes());
        assert_eq!(without_unseen(&decoded.text), "ab\n\tc\nd\ne[0m\n");
        assert_eq!(with_marks(&decoded.text), "a<U+200B>b\n\tc<U+202E>\nd\ne<U+FEFF><U+001B>[0m\n");
        assert_eq!(decoded.said, ["4 invisible or controlling characters are left out of prose and shown as <U+…> in code, from line 1."]);
    }

    #[test]
    fn no_bytes_are_too_strange() {
        let mut number = numbers(11);
        for _ in 0..2000 {
            let bytes: Vec<u8> = (0..number(40)).map(|_| u8::try_from(number(256)).unwrap()).collect();
            let decoded = decode(&bytes);
            assert!(!with_marks(&decoded.text).contains(is_unseen) && !without_unseen(&decoded.text).contains(is_unseen));
        }
    }
}
