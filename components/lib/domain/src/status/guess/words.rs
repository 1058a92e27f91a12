//! Splits the name of a status into words that can be compared: without case, accents, numbers and decoration.

/// A word of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// A word of a script that separates words, in lower case and without accents. German umlauts are written out.
    Spelled(String),
    /// A run of Chinese or Japanese characters, which do not separate words.
    Run(Vec<char>),
}

/// Returns the words of a name. Digits, punctuation and symbols separate words, and so does a capital letter after a small
/// one. Words of one letter are left out: they are decoration or the rest of an elision, such as `n'a`.
pub(super) fn words(name: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut spelled = String::new();
    let mut run = Vec::new();
    let mut was_lowercase = false;
    // Whether the last word is followed by nothing but marks, so that `No. 3` is a number and no negation.
    let mut is_before_number = false;
    for c in name.chars().map(half_width) {
        if is_unseparated(c) {
            end_spelled(&mut words, &mut spelled);
            run.push(c);
            (was_lowercase, is_before_number) = (false, false);
            continue;
        }
        if !run.is_empty() {
            words.push(Word::Run(std::mem::take(&mut run)));
        }
        if is_combining(c) {
            // An umlaut that is written as a letter and a mark.
            if c == '\u{308}' && spelled.ends_with(['a', 'o', 'u']) {
                spelled.push('e');
            }
        } else if c.is_alphabetic() {
            // No word has one letter only, so `aTTended` is one.
            if was_lowercase && c.is_uppercase() && spelled.chars().nth(1).is_some() {
                end_spelled(&mut words, &mut spelled);
            }
            (was_lowercase, is_before_number) = (c.is_lowercase(), true);
            c.to_lowercase().for_each(|c| push_plain(&mut spelled, c));
        } else {
            end_spelled(&mut words, &mut spelled);
            was_lowercase = false;
            if c.is_numeric() && is_before_number {
                words.pop_if(|word| *word == Word::Spelled("no".to_owned()));
            }
            is_before_number &= !c.is_numeric() && matches!(c, '.' | ' ' | '#');
        }
    }
    end_spelled(&mut words, &mut spelled);
    if !run.is_empty() {
        words.push(Word::Run(run));
    }
    words
}

fn end_spelled(words: &mut Vec<Word>, spelled: &mut String) {
    let word = std::mem::take(spelled);
    if word.chars().nth(1).is_some() {
        words.push(Word::Spelled(word));
    }
}

/// Replaces a full-width form of an ASCII character.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

const fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Returns whether a character is of a script that does not separate words. The middle dot of Katakana separates them.
const fn is_unseparated(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Appends a small letter without its accent.
fn push_plain(word: &mut String, c: char) {
    let plain = match c {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' => "a",
        'ç' | 'ć' | 'č' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'ē' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
        'ù' | 'ú' | 'û' => "u",
        'ý' | 'ÿ' => "y",
        _ => {
            // The dot of the lower case of a Turkish İ, among others.
            if !is_combining(c) {
                word.push(c);
            }
            return;
        }
    };
    word.push_str(plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(name: &str) -> String {
        let word = |word| match word {
            Word::Spelled(word) => word,
            Word::Run(run) => format!("<{}>", run.into_iter().collect::<String>()),
        };
        words(name).into_iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_split_into_plain_words() {
        for (name, words) in [
            ("2 Registered", "registered"),
            ("03_registered", "registered"),
            ("✓ No-Show (4)", "no show"),
            ("NoShow2Day", "no show day"),
            ("Ｎｏ－Ｓｈｏｗ", "no show"),
            ("Bestätigt", "bestaetigt"),
            ("Besta\u{308}tigt", "bestaetigt"),
            ("BESTAETIGT", "bestaetigt"),
            ("n'a pas participé", "pas participe"),
            ("Pre\u{301}inscrit", "preinscrit"),
            ("NÃO REGISTRADO", "nao registrado"),
            ("登録済み（Registered）", "<登録済み> registered"),
            ("オン・デマンド", "<オン> <デマンド>"),
            ("No. 3 Attended", "attended"),
            ("Attended: no (3)", "attended no"),
            ("İ 1 ✔", ""),
        ] {
            assert_eq!(spelled(name), words, "{name}");
        }
    }
}
