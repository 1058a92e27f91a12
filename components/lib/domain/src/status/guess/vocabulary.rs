//! The words by which a status is recognised: English, German, French, Spanish, Portuguese, Italian, Dutch, Japanese and
//! Chinese.
//!
//! In the first table phrases are separated by commas, and `*` stands for any ending. They are written as
//! [`super::words`] makes them. In the second one they are separated by spaces.

/// What a phrase says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concept {
    /// The person is registered.
    Registered,
    /// A registration, or to register: of which something else is said.
    Registration,
    /// The person attended.
    Attended,
    /// Attendance or a participant, or to attend: before the webinar or after it.
    Attendance,
    /// The person watched, live or later.
    Watched,
    /// A recording.
    OnDemand,
    /// The person did not come.
    NoShow,
    /// A registration was cancelled.
    Cancelled,
    /// A host denied something.
    Denied,
    /// The host denied a registration, or a person declined an invitation.
    Declined,
    /// Something is waited for.
    Pending,
    /// The approval of a registration.
    Approval,
    /// Something is necessary.
    Needed,
    /// Something is approved, confirmed or complete.
    Confirmed,
    /// Something failed.
    Error,
    /// Not.
    Negation,
    /// On a wait list.
    WaitListed,
    /// Words that change the meaning into another one, such as *pre-registered*.
    Other,
    /// Words that change nothing.
    Filler,
    /// Any other word.
    Unknown,
}

/// Phrases of languages that separate words.
pub(super) const SPELLED: [(Concept, &str); 19] = [
    (
        Concept::Registered,
        "registered, regd, registrant, registrants, enrolled, signed up, signedup, \
         registriert*, angemeldet*, eingeschrieben*, eingetragen, \
         inscrit*, enregistre, enregistree, enregistres, enregistrees, registrad*, registad*, cadastrad*, \
         registrat*, iscritt*, geregistreerd*, ingeschreven, aangemeld*",
    ),
    (
        Concept::Registration,
        "registration, registrations, register, registering, reg, sign up, signup, enroll, enrollment, enrolment, \
         registrierung*, anmeldung*, inscription*, enregistrement*, inscripcion*, registro, registo, inscricao, \
         cadastro, iscrizion*, registrazion*, registratie*, inschrijving*, aanmelding*",
    ),
    (
        Concept::Attended,
        "attended, attendee, attendees, joined, participated, present, showed, showed up, came, \
         teilgenommen, anwesend*, erschienen, gekommen, besucht, \
         participe, participee, assiste, presents, venu, venue, venus, \
         asistio, asistido, asistieron, asistente, asistentes, participo, participado, presento, presentado, presentada, \
         participou, compareceu, assistiu, presente, presentes, \
         partecipato, presentato, presentata, presentati, presenti, presenziato, \
         deelgenomen, aanwezig, bijgewoond, verschenen",
    ),
    (
        Concept::Attendance,
        "attendance, attend, participant, participants, participation, show, show up, teilnahme, teilnehmer*, \
         anwesenheit, asistencia, asistir, participante, participantes, participacion, participacao, presencia, presenca, \
         comparecimento, partecipante, partecipanti, partecipazione, presenza, deelname, deelnemer*, aanwezigheid",
    ),
    (
        Concept::Watched,
        "watched, viewed, angesehen, angeschaut, gesehen, vu, visionne, visto, vista, visualizad*, visualizzat*, \
         bekeken, gezien",
    ),
    (
        Concept::OnDemand,
        "on demand, ondemand, recording, recorded, replay, replayed, aufzeichnung*, abruf, \
         demande, differe, rediffusion, demanda, grabacion, gravacao, pedido, richiesta, differita, opname, teruggekeken",
    ),
    (
        Concept::NoShow,
        "no show, no shows, noshow, noshows, no showed, non show, absent, absents, absente, absentes, absentee, \
         absentees, missed, abwesend*, ferngeblieben, verpasst, versaeumt, versaumt, nichterschienen, nichtteilnahme, \
         ausente, ausentes, falto, faltou, inasistente*, inasistencia, assente, assenti, afwezig, gemist",
    ),
    (
        Concept::Cancelled,
        "cancel*, withdrawn, withdrew, deregistered, storn*, abgesagt, absage, abgemeldet, abmeldung, zurueckgezogen, \
         annul*, desinscrit*, desist*, anulad*, disdett*, disiscritt*, geannuleerd, afgemeld, afgezegd, uitgeschreven",
    ),
    (
        Concept::Denied,
        "denied, denial, rejected, rejection, refused, disapproved, abgelehnt*, ablehnung, zurueckgewiesen, verweigert, \
         refuse, refusee, refuses, rejete, rejetee, rechazad*, denegad*, rejeitad*, recusad*, negado, negada, \
         rifiutat*, respint*, negato, negata, geweigerd, afgewezen",
    ),
    (Concept::Declined, "declined"),
    (
        Concept::Pending,
        "pending, awaiting, waiting, wait, requested, under review, in review, on hold, ausstehend*, wartend*, wartet, \
         warten, in pruefung, attente, pendiente*, espera, pendente*, aguardando, attesa, afwachting, wachtend, wacht, \
         in behandeling",
    ),
    (
        Concept::Approval,
        "approval, moderation, genehmigung, freigabe, zustimmung, approbation, validation, aprobacion, aprovacao, \
         approvazione, goedkeuring",
    ),
    (Concept::Needed, "needs, needed, required, requires, erforderlich, noetig, requis*, requerid*, necessari*, nodig"),
    (
        Concept::Confirmed,
        "confirmed, complete, completed, approved, accepted, success, successful, successfully, succeeded, ok, \
         bestaetigt, bestatigt, abgeschlossen, genehmigt, freigegeben, zugelassen, erfolg, erfolgreich, \
         confirme, confirmee, validee, valide, approuve*, accepte, acceptee, reussi*, succes, confirmad*, aprobad*, \
         aceptad*, completad*, exito, exitos*, aprovad*, aceit*, sucesso, confermat*, approvat*, accettat*, completat*, \
         successo, bevestigd, goedgekeurd, voltooid, succesvol",
    ),
    (
        Concept::Error,
        "error, errors, failed, failure, fehler*, fehlgeschlagen, gescheitert, registrierungsfehler, anmeldefehler, \
         erreur*, echec, echoue*, fallo, fallid*, erro, falha, falhou, errore, errori, fallit*, fout, mislukt, \
         registratiefout, aanmeldfout",
    ),
    (
        Concept::Negation,
        "not, no, non, never, didn, hasn, wasn, isn, without, nicht, kein*, ohne, nie, niemals, nein, pas, jamais, sans, \
         sin, nunca, nao, sem, mai, senza, mancata, mancato, niet, geen, nooit, zonder, nee, un",
    ),
    (
        Concept::WaitListed,
        "waitlist*, wait list, wait listed, waiting list, warteliste*, wachtlijst*, liste attente, liste de attente, \
         lista de espera, lista espera, lista attesa, lista di attesa, lista de attesa",
    ),
    (
        Concept::Other,
        "pre, preregist*, preinscri*, preiscri*, voranmeldung, vorangemeldet, vorregistriert*, vorregistrierung, \
         voorinschrijving, unregistered, unconfirmed, unbestaetigt, interest*, interess*, partial*, partly, teilweise, \
         partiel*, parcial*, parzial*, gedeeltelijk, incomplete, unvollstaendig, started, abandoned, invite*, invitation, \
         eingeladen*, einladung, sent, gesendet, clicked, opened, visited, page, landingpage, seite, pagina, link, form, \
         formular, reminder, follow, followup, will, plans, planned, expected, tentative, maybe, intends, previously, \
         duplicate, other",
    ),
    (
        Concept::Filler,
        "webinar*, webinaire*, no webinar*, no evento, no zoom, seminar, event, evento, zoom, session, status, live, online, virtual, confirmation, person, people, \
         member*, mitglied*, user, host, yes, yet, the, for, to, of, in, at, on, by, via, and, is, was, has, have, had, been, \
         did, does, up, der, die, das, am, im, an, zum, zur, fuer, fur, und, hat, ist, war, sich, wurde, als, von, ja, \
         le, la, les, des, du, de, au, aux, pour, est, ete, et, ne, se, oui, el, los, las, en, ha, han, por, con, al, del, para, \
         do, da, dos, em, foi, sim, il, lo, di, per, stato, stata, si, bajo, sob, su, het, een, voor, aan, zijn, heeft, werd",
    ),
];

/// Phrases in Japanese and Chinese.
pub(super) const UNSEPARATED: [(Concept, &str); 16] = [
    (Concept::Registered, "参加登録 参加申込 登録 申込 申込み 申し込み 申込者 登録者 注册 註冊 报名 報名 登记 登記"),
    (Concept::Attended, "参加 出席 受講 視聴 来場 參加 参会 參會 与会 與會 到场 到場 到会 收看 观看 觀看"),
    (Concept::Attendance, "参加者 出席者 參加者 参会者 參會者"),
    (Concept::OnDemand, "オンデマンド 録画 アーカイブ 見逃し配信 点播 點播 录播 錄播 录像 錄影 回放 回看 重播"),
    (Concept::NoShow, "欠席 缺席 ノーショー ノーショウ 爽约 爽約 缺勤"),
    (Concept::Cancelled, "キャンセル 取り消し 取消し 取消 辞退"),
    (Concept::Denied, "却下 拒否 否認 不承認 非承認 拒绝 拒絕 被拒 未通过 未通過 未批准 驳回 駁回"),
    (Concept::Pending, "保留 待ち 待 審査中 审核中 審核中 等待"),
    (Concept::Approval, "承認 審査 审核 審核 审批 批准 确认 確認"),
    (
        Concept::Confirmed,
        "承認済み 承認済 审核通过 審核通過 已批准 已通过 已通過 通过 通過 已确认 已確認 完了 完成 成功",
    ),
    (Concept::Error, "エラー 失敗 失败 错误 錯誤 出错 出錯 异常 異常"),
    (Concept::Negation, "未 不 没有 沒有 没 沒 非 無 无 しなかった していない せず なし"),
    (Concept::WaitListed, "キャンセル待ち ウェイトリスト 候补 候補 等候名单 等候名單 等待名单 等待名單"),
    (
        Concept::Other,
        "仮 事前 予定 招待 一部 希望 興味 预 預 邀请 邀請 部分 意向 ページ リンク 页面 頁面 送信 发送 發送 開始 途中",
    ),
    (
        Concept::Filler,
        "済み 済 み 了 已 しました した ました する で の を に が は と へ も 者 人 中 ウェビナー セミナー イベント \
         网络研讨会 網路研討會 研讨会 研討會 会议 會議 活动 活動 直播 ライブ ライブ配信 オンライン 在线 线上 線上",
    ),
    (Concept::Registration, "登録手続き"),
];
