"""Verbs that people command agents with, each with the form it is counted under."""

_FORMS = """
add append; activate enable; analyse analyze; apply; approve; arrange; assign; ask; authorise authorize; block freeze
bill; book reserve; build; buy purchase; calculate compute; call dial; cancel; change modify alter; charge; check verify
classify; close; compare; complete finish; confirm; connect; convert; copy; count; create make; deactivate disable
delete remove erase; deliver ship; deny; deposit; describe; dispute; download; draft; edit; email mail; escalate
estimate; exchange; explain; extend prolong; extract; file submit; fill; filter; find locate; fix repair; forward
generate; get fetch retrieve; give; grant; increase raise; inform tell; insert; install; invite; issue; join; launch
list; lock; log record; look; lower decrease reduce; match; merge; message text; monitor; move; notify alert; open
order; pay; pause; plan; play; post publish; predict; print; process; provide; quote; rate; read; rebook; recommend
suggest; redeem; refill; refund reimburse; register; reject; release; remind; rename; renew; reopen; reorder; replace
replay; reply respond answer; report; request; reschedule postpone; reset; resolve; restart; resume; return; review
rewrite; rotate; run execute; save store; scan; schedule; search; select choose pick; sell; send; set; share; show
display; sign; skip; solve; sort; start begin; stop end; subscribe; summarise summarize; swap; switch; sync; track trace
transfer wire; translate; turn; unblock; unlock; unsubscribe; update; upgrade; downgrade; upload; use; validate; view
void; withdraw; write
"""

CANONICAL = {
    form: forms.split()[0] for forms in _FORMS.replace("\n", ";").split(";") if forms.strip() for form in forms.split()
}
"""Verb form → the form it is counted under."""
