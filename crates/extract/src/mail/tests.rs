//! Messages are written out here; what they say is worked by hand from the RFCs.

use super::*;

fn read(message: &str) -> Extracted {
    read_bytes(message.as_bytes())
}

fn read_bytes(message: &[u8]) -> Extracted {
    Mail.extract(message, "a.eml", &Limits::default()).unwrap()
}

fn names(mail: &Extracted) -> Vec<&str> {
    mail.attachments.iter().map(|it| it.name.as_str()).collect()
}

/// A message of one text with such fields.
fn text_of(fields: &str, body: &[u8]) -> String {
    read_bytes(&[b"Subject: x\r\n", fields.as_bytes(), b"\r\n\r\n", body].concat()).text
}

#[test]
fn messages_are_told_by_their_first_lines() {
    let is = |head: &str, name: &str| Mail.recognises(head.as_bytes(), name);
    assert!(is("Received: from a\n by b\nX-Spam: no\nSubject: Tea\n\nHot", "inbox.1"));
    assert!(is("Return-Path: <a@b>\r\nDelivered-To: c@d\r\n\r\n", ""));
    assert!(is("\u{feff}From: a@b\nDate: Tue, 3 Mar 2020 10:00:00 +0100\nX-Cut: in the mid", ""));
    assert!(is("nothing to tell by", "a.EML"));
    assert!(is("Content-Type: text/plain\n\n\0", "a.eml"));
    assert!(!is("nothing to tell by", "a.txt"));
    assert!(!is("\x7fELF\0", "a.eml"));
    assert!(!is("---\nSubject: Tea\nDate: 2020-03-03\n---\n", "a.md"));
    assert!(!is("HTTP/1.1 200 OK\nDate: Tue\nFrom: a\n\n", ""));
    assert!(!is("Subject: Tea\n\nDate: 2020", ""));
    assert!(!is("Subject: Tea\nand prose\nDate: 2020\n", ""));
    assert!(!is("from: /old\nto: /new\n", "redirects.yaml"));
}

#[test]
fn a_head_is_decoded() {
    let mail = read(
        "From: =?utf-8?B?SsO8cmdlbg==?= <j@x.org>\r\n\
         To: \"Roe, R.\" <r@x.org>,\r\n\tsue@x.org\r\n\
         Cc: Team: a@x.org, b@x.org;\r\n\
         Subject: =?ISO-8859-1?Q?Gr=FC=DFe_?= =?utf-8?q?aus_K?=\r\n \
         =?utf-8?B?w7Zsbg==?= an alle\r\n\
         Date: Tue, 3 Mar 2020 10:00:00 -0530\r\n\
         Message-ID: <1@x.org>\r\nIn-Reply-To: <0@x.org> <9@x.org>\r\n\
         Content-Language: de-DE, en\r\n\r\nHallo",
    );
    // Words that only white space parts are one.
    assert_eq!(mail.title.as_deref(), Some("Grüße aus Köln an alle"));
    assert_eq!(mail.language.as_deref(), Some("de-DE"));
    let expected = [
        ("cc", "a@x.org, b@x.org"),
        ("date", "2020-03-03T10:00:00-05:30"),
        ("from", "Jürgen <j@x.org>"),
        ("in-reply-to", "0@x.org"),
        ("message-id", "1@x.org"),
        ("to", "Roe, R. <r@x.org>, sue@x.org"),
    ];
    assert!(mail.metadata.iter().map(|(name, value)| (&**name, &**value)).eq(expected));
    assert_eq!((mail.text.as_str(), mail.markup), ("Hallo", Markup::Plain));
}

#[test]
fn a_character_may_be_cut_between_encoded_words() {
    // ü is C3 BC; 天 is A4 D1 in Big5.
    let mail = read("Subject: =?utf-8?Q?T=C3?= =?utf-8?Q?=BCr?= =?big5?B?pNE=?=\n\n");
    assert_eq!(mail.title.as_deref(), Some("Tür天"));
    // What is no encoded word stays.
    assert_eq!(read("Subject: =?what=?utf-8?X?a?=\n\n").title.unwrap(), "=?what=?utf-8?X?a?=");
}

#[test]
fn transport_encodings_are_undone() {
    let quoted = "Content-Transfer-Encoding: quoted-printable";
    assert_eq!(text_of(quoted, b"Gr=C3=BC=C3=9F=\r\ne  \r\n1+1=2 =ZZ=\r\n!"), "Grüße\n1+1=2 =ZZ!");
    let base64 = "Content-Transfer-Encoding: BASE64";
    assert_eq!(text_of(base64, b"R3LDvM*OfZQ==\r\n____\r\nFooter of a list"), "Grüße");
    assert_eq!(text_of(base64, b"R3LDvA==\r\nw59l\r\n"), "Grüße");
    assert_eq!(
        text_of(base64, b"It was never packed, as one sees"),
        "It was never packed, as one sees"
    );
}

#[test]
fn the_character_set_counts_unless_it_is_a_lie() {
    let text = |label: &str, body: &[u8]| {
        text_of(&format!("Content-Type: text/plain; charset=\"{label}\""), body)
    };
    assert_eq!(text("koi8-r", b"\xF4\xC1\xCA\xC7\xC1"), "Тайга");
    assert_eq!(text("iso-8859-15", b"5 \xA4"), "5 €");
    assert_eq!(text("gb2312", b"\xC4\xE3\xBA\xC3"), "你好");
    assert_eq!(text("iso-2022-jp", b"\x1b$B4A;z\x1b(B"), "漢字");
    assert_eq!(text("utf-7", b"T+APw-r"), "Tür");
    assert_eq!(text("cp850", b"T\x81r"), "Tür");
    assert_eq!(text("iso-8859-1", "Tür".as_bytes()), "Tür");
    assert_eq!(text("gb2312", "今天天气很好".as_bytes()), "今天天气很好");
    assert_eq!(text("utf-8", b"T\xFCr und Ger\xFCst"), "Tür und Gerüst");
    assert_eq!(text("no-such", b"T\xFCr und Ger\xFCst"), "Tür und Gerüst");
}

#[test]
fn parts_are_read_once_and_in_order() {
    let mail = read(
        "Subject: x\nContent-Type: multipart/mixed; boundary=A\n\npreamble\n\
         --A\nContent-Type: multipart/alternative; boundary=\"A B\"\n\n\
         --A B\n\nThree plain words\n\
         --A B\nContent-Type: text/html\n\n<p>Three <b>rich</b> words</p>\n--A B--\n\
         --AB\nno boundary\n\
         --A\nContent-Type: text/html\n\n<h1>Tea</h1><p># hot\n\
         --A\n\n# no heading\n-- \nJo\n--A--\nepilogue",
    );
    // Beside HTML, plain text is escaped.
    assert_eq!(mail.text, "Three plain words\n\n# Tea\n\n\\# hot\n\n\\# no heading\n\\-- \nJo");
    assert_eq!((mail.markup, names(&mail).len()), (Markup::Markdown, 0));
}

#[test]
fn a_stub_gives_way_to_html() {
    let with = |plain: &str| {
        read(&format!(
            "Subject: x\nContent-Type: multipart/alternative; boundary=A\n\n--A\n\n{plain}\n\
             --A\nContent-Type: text/html\n\n<p>one two three four five six seven eight nine\n--A--"
        ))
        .text
    };
    assert_eq!(with("one two three"), "one two three");
    assert_eq!(with("See HTML"), "one two three four five six seven eight nine");
    assert_eq!(with(" "), "one two three four five six seven eight nine");
}

#[test]
fn flowed_lines_are_joined() {
    let flowed = "Content-Type: text/plain; format=flowed";
    let body =
        b"A long \r\nline.\r\n From there \r\n\r\n>> deep \r\n>> quote\r\n> less\r\n-- \r\nJo";
    assert_eq!(
        text_of(flowed, body),
        "A long line.\nFrom there \n\n>> deep quote\n> less\n-- \nJo"
    );
    let japanese = "Content-Type: text/plain; format=flowed; delsp=yes";
    assert_eq!(text_of(japanese, "漢 \r\n字".as_bytes()), "漢字");
}

#[test]
fn what_is_quoted_twice_is_read_once() {
    let body = b"> one\n> two\n\nmine\n\n>> one\n>> two\n> other\n\n> one\n> > two\n";
    // The last lines are quoted from different depths, so they are other blocks.
    assert_eq!(text_of("X: y", body), "> one\n> two\n\nmine\n\n> other\n\n> one\n> > two");
    assert_eq!(text_of("X: y", b"> one\n\n> two\n"), "> one\n\n> two");
}

#[test]
fn attachments_have_the_names_that_they_were_given() {
    let name = |disposition: &str| {
        let mail = read(&format!(
            "Subject: x\nContent-Type: multipart/mixed; boundary=A\n\n--A\n\nbody\n--A\n\
             Content-Type: application/pdf\nContent-Disposition: {disposition}\n\n%PDF\n--A--"
        ));
        assert_eq!(
            (mail.text.as_str(), mail.attachments[0].bytes.as_slice()),
            ("body", &b"%PDF"[..])
        );
        names(&mail)[0].to_owned()
    };
    assert_eq!(name("attachment; filename=\"a \\\"b\\\"; c.pdf\"; size=4"), "a \"b\"; c.pdf");
    assert_eq!(name("attachment; FileName=my file.pdf"), "my file.pdf");
    // RFC 2231; the ü is cut between two pieces.
    assert_eq!(name("inline; filename*=iso-8859-1'de'Gr%FC%DFe.pdf"), "Grüße.pdf");
    assert_eq!(
        name("attachment; filename*1*=%BCr;\n filename*0*=utf-8''T%C3; filename*2=\".pdf\""),
        "Tür.pdf"
    );
    assert_eq!(name("attachment; filename=\"=?utf-8?Q?T=C3=BCr?=\n =?utf-8?Q?.pdf?=\""), "Tür.pdf");
    assert_eq!(name("attachment; filename=\"C:\\temp\\x.pdf\""), "x.pdf");
    assert_eq!(name("attachment; filename=\"../../etc/passwd\""), "passwd");
    assert_eq!(name("attachment; filename=\"..\""), "attachment-1.pdf");
    assert_eq!(name("attachment"), "attachment-1.pdf");
}

#[test]
fn what_comes_with_a_message_is_told_from_its_body() {
    let mail = read(
        "Subject: x\nContent-Type: multipart/mixed; boundary=A\n\n\
         --A\nContent-Type: multipart/related; boundary=B\n\n\
         --B\nContent-Type: text/html; name=body.html\n\n<p>Hello\n\
         --B\nContent-Type: image/png\nContent-ID: <1>\n\nPNG\n\
         --B\nContent-Type: image/png; name=logo.png\n\nPNG\n--B--\n\
         --A\nContent-Type: text/plain; name=notes.txt\n\nnotes\n\
         --A\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n\
         --A\nContent-Type: message/rfc822\n\nSubject: Re: this/that\n\ninner\n\
         --A\nContent-Type: message/rfc822\n\n\ninner\n\
         --A\nContent-Disposition: attachment\n\ntext\n\
         --A\nContent-Type: application/pgp-signature; name=signature.asc\n\nsigned\n--A--",
    );
    assert_eq!(mail.text, "Hello");
    let expected = [
        "logo.png",
        "notes.txt",
        "attachment-3.ics",
        "Re: this-that.eml",
        "message-5.eml",
        "attachment-6.txt",
    ];
    assert_eq!(names(&mail), expected);
    assert_eq!(mail.attachments[3].bytes, b"Subject: Re: this/that\n\ninner");
}

#[test]
fn a_digest_is_a_set_of_messages() {
    let mail = read(
        "Subject: x\nContent-Type: multipart/digest; boundary=A\n\n\
         --A\n\nSubject: one\n\n1\n--A\n\nSubject: two\n\n2\n--A--",
    );
    assert_eq!((mail.text.as_str(), names(&mail)), ("", vec!["one.eml", "two.eml"]));
}

#[test]
fn signed_mail_is_read_and_encrypted_mail_is_said_to_be() {
    let of = |kind: &str, body: &str| {
        let message = format!("Subject: x\nContent-Type: {kind}\n\n{body}");
        Mail.extract(message.as_bytes(), "", &Limits::default()).map(|mail| mail.text)
    };
    let signed = "--A\n\nHello\n--A\nContent-Type: application/pkcs7-signature\n\nMII\n--A--";
    assert_eq!(of("multipart/signed; boundary=A", signed), Ok("Hello".to_owned()));
    let encrypted = "--A\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--A--";
    let locked = Err(ExtractError::Encrypted);
    assert_eq!(of("multipart/encrypted; boundary=A", encrypted), locked);
    assert_eq!(of("application/pkcs7-mime; smime-type=enveloped-data", "MII"), locked);
    assert_eq!(of("application/pkcs7-mime; smime-type=signed-data", "MII"), Ok(String::new()));
    assert_eq!(of("text/plain", "-----BEGIN PGP MESSAGE-----\n\nhQE"), locked);
}

#[test]
fn a_damaged_structure_gives_what_is_there() {
    let mail = |text: &str| read(text).text;
    assert_eq!(
        mail("Subject: x\nContent-Type: multipart/mixed; boundary=A\n\nno parts"),
        "no parts"
    );
    assert_eq!(mail("Subject: x\nContent-Type: multipart/mixed\n\n--A\n\ntext"), "--A\n\ntext");
    // Neither the inner parts nor the outer ones end.
    let open = "Subject: x\nContent-Type: multipart/mixed boundary=\"A\"\n\n--A\n\
        Content-Type: multipart/mixed; boundary=B\n\n--B\n\none\n--A\n\ntwo";
    assert_eq!(mail(open), "one\n\ntwo");
    assert_eq!(mail("Subject: x\nthis line is no field\n\nbody"), "this line is no field\n\nbody");
    assert_eq!(mail("From a@b Tue Mar  3 10:00:00 2020\nSubject: x\n\nbody"), "body");
    assert_eq!(mail(""), "");
}

#[test]
fn everything_is_bounded() {
    let extract = |message: &str, limits: &Limits| {
        Mail.extract(message.as_bytes(), "", limits).unwrap_err().to_string()
    };
    let limits = Limits::default();
    let level = |number: usize| {
        format!("Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n")
    };
    let deep: String = (0..100).map(level).collect();
    assert_eq!(extract(&deep, &limits), "too much: more than 32 levels of parts");
    let many = format!("Content-Type: multipart/mixed; boundary=b\n{}", "\n--b\n".repeat(11_000));
    assert_eq!(extract(&many, &limits), "too much: more than 10000 parts");
    let long = format!("Subject: x\n\n{}", "word ".repeat(30));
    let small = Limits { text_bytes: 100, ..limits };
    assert_eq!(extract(&long, &small), "too much: more than 100 bytes of text");
    let small = Limits { unpacked_bytes: 100, ..limits };
    assert_eq!(extract(&long, &small), "too much: more than 100 bytes unpacked");
}

#[test]
fn long_fields_take_no_square_time() {
    for piece in ["a*0=b;", "=?", "=?u?q?", "=?utf-8?B?=", "\"", "<", "(", "a@b,", ":;", "\\"] {
        let value = piece.repeat(60_000 / piece.len());
        for name in ["Content-Type", "Subject", "From", "To", "Date", "Message-ID"] {
            let _ = read(&format!("{name}: {value}\n\nbody"));
        }
    }
    let message =
        format!("Subject: x\nContent-Transfer-Encoding: base64\n\n{}", "AA==".repeat(99_999));
    assert_eq!(read(&message).text, "");
}

/// A message with all that is read.
const EVERYTHING: &str = "From: =?utf-8?B?SsO8cmdlbg==?= <j@x.org>\r\n\
    Subject: =?ISO-8859-1?Q?Gr=FC=DFe?=\r\nDate: Tue, 3 Mar 2020 10:00:00 +0100\r\n\
    Content-Type: multipart/mixed; boundary=\"A\"\r\n\r\n--A\r\n\
    Content-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\n\
    Content-Type: text/plain; charset=koi8-r; format=flowed\r\n\r\n> one \r\n> two\r\n\r\n-- \r\n\
    --B\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    <p>T=C3=BCr</p>\r\n--B--\r\n--A\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n\
    --A\r\nContent-Disposition: attachment; filename*0*=utf-8''T%C3; filename*1*=%BCr\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n--A--\r\n";

#[test]
fn a_message_may_end_anywhere() {
    for end in 0..EVERYTHING.len() {
        let _ = Mail.extract(&EVERYTHING.as_bytes()[..end], "", &Limits::default());
    }
    let mail = read(EVERYTHING);
    assert_eq!((mail.text.as_str(), names(&mail)), ("> one two\n\n--", vec!["in.eml", "Tür"]));
}

proptest::proptest! {
    #[test]
    fn no_damage_panics(
        changes in proptest::collection::vec((0..EVERYTHING.len(), proptest::num::u8::ANY), 1..20),
        cut in (0..EVERYTHING.len(), 0..100_usize),
    ) {
        let mut bytes = EVERYTHING.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        let end = (cut.0 + cut.1).min(bytes.len());
        bytes.drain(cut.0..end);
        let mail = Mail.extract(&bytes, "", &Limits::default());
        proptest::prop_assert!(mail.is_err() || mail.is_ok_and(|it| it.text.len() < 4096));
    }
}
