// The console. It begins here.

import { connect } from "./connect.js";
import { health } from "./health.js";
import { oneProgram } from "./program.js";
import { programs } from "./programs.js";
import { zoomAccounts } from "./services.js";
import { beginSession } from "./session.js";
import { setUp } from "./setup.js";
import { beginViews, forget } from "./views.js";

beginSession(forget);
beginViews([
  [/^#\/zoom$/, zoomAccounts],
  [/^#\/programs$/, programs],
  [/^#\/programs\/(\d+)$/, oneProgram],
  [/^#\/connect(?:\/(\d+))?$/, connect],
  [/^#\/setup$/, setUp],
  [/^#\/health$/, health],
]);
