"""Rules that find who logs in where: users at prompts, in logs, settings and paths, sessions, members of a chat."""

from services.ingest_redactor.logic.rules import confirm, logins, shapes
from services.ingest_redactor.logic.rules.rule import MOST_SHORT, Rule

LOGIN_RULES: tuple[Rule, ...] = (
    Rule("user told", "USER", shapes.USER_TOLD, shapes.profile),
    Rule("user at a prompt", "USER", logins.PROMPT, logins.at_a_prompt),
    Rule("user in quotes", "USER", logins.QUOTED, logins.at_a_prompt),
    Rule("whose note in code", "USER", logins.NOTE, logins.at_a_prompt),
    Rule("user with a sign", "USER", logins.SIGNED, logins.with_a_sign, most=MOST_SHORT),
    Rule("user who comes or goes", "USER", logins.ACTING, logins.acting),
    Rule("user asked for", "USER", logins.ASKED_FOR, logins.asked_for),
    Rule("user at a terminal", "USER", logins.AT_TERMINAL, logins.at_a_prompt),
    Rule("user of a command", "USER", logins.OF_COMMAND, logins.at_a_prompt, trigger=logins.OPTION),
    Rule("user who speaks", "USER", logins.SPEAKING, logins.at_a_prompt),
    Rule("name who speaks at a time", "NAME", logins.NAME_SPEAKING, logins.first_name_speaking),
    Rule("user who speaks at a time", "USER", logins.SPEAKING_AT, logins.acting),
    Rule("user of a superuser's log", "USER", logins.OF_SUDO, logins.at_a_prompt),
    Rule("user of a setting", "USER", logins.OF_SETTING, logins.at_a_prompt),
    Rule("session", "SECRET", shapes.SESSION, confirm.as_is),
    Rule("id of a chat's member", "USER", shapes.CHAT_ID, confirm.as_is),
    Rule("user of a path or a domain", "USER", shapes.HOME, shapes.user_of_path),
    Rule("user at an address", "USER", shapes.LOGGED_IN, shapes.logged_in),
)
