// What the page shows at the moment: a column of scores and a threshold on it. Parts of the page follow it.

/// data: the page's; judged: names of the columns with a threshold; name, column, kinds, strategies: of the one shown;
/// threshold: the value now, moved: whether a person set it.
const view = {data: null, judged: [], name: "", column: null, kinds: null, strategies: [], threshold: 0, moved: false,
  cost: {miss: 1, false_alarm: 1, prevalence: 0.5}};
const followers = [];  // called whenever the threshold moves
const column_followers = [];  // called when another column is shown

/// A function that runs at once and then at most every `pause` milliseconds, the last call always.
function now_and_then(pause, work) {
  let waiting = 0, last = 0;
  return () => {
    if (waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      last = performance.now();
      work();
    }, Math.max(0, last + pause - performance.now()));
  };
}

function show_column(name) {
  view.name = name;
  view.column = view.data.columns.find(each => each.name === name);
  view.kinds = kinds_of(view.data, view.column);
  view.strategies = view.data.judgements.filter(each => each.column === name);
  const known = view.strategies.find(each => each.threshold !== null);
  const all = [...view.kinds.normal, ...view.kinds.anomalous, ...view.kinds.sound];
  view.threshold = known ? known.threshold : all.reduce((most, value) => Math.max(most, value), 0);
  view.moved = false;
  for (const follow of column_followers) follow();
  drop_lost_charts();
  draw_charts();
  move_threshold(view.threshold, false);
}

/// `by_hand`: not one of the strategies' values.
function move_threshold(value, by_hand) {
  view.threshold = value;
  view.moved = by_hand;
  for (const follow of followers) follow();
}

/// Moves it once per frame, to the last value that was asked for.
const drag_threshold = (() => {
  let wanted = null;
  return value => {
    const idle = wanted === null;
    wanted = value;
    if (idle) requestAnimationFrame(() => {
      const last = wanted;
      wanted = null;
      move_threshold(last, true);
    });
  };
})();

function is_shown(judgement) {
  return !view.moved && judgement.threshold === view.threshold;
}
