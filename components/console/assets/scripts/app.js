// The entry point.

import { connect } from "./connect.js";
import { health } from "./health.js";
import { oneProgram } from "./program.js";
import { programs } from "./programs.js";
import { zoomAccounts } from "./services.js";
import { startSession } from "./session.js";
import { setUp } from "./setup.js";
import { closeView, startRouter } from "./views.js";

startSession(closeView);
startRouter([
  [/^#\/zoom$/, zoomAccounts],
  [/^#\/programs$/, programs],
  [/^#\/programs\/(\d+)$/, oneProgram],
  [/^#\/connect(?:\/(\d+))?$/, connect],
  [/^#\/setup$/, setUp],
  [/^#\/health$/, health],
]);
