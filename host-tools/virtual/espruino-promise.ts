// Promises as the interpreter has them: then, catch, all, resolve, reject; reactions come from the event
// queue, not as microtasks. Source text because it has to run inside the board's context: evaluates to a
// function of `defer`.

export const PROMISE_SOURCE = `(function (defer) {
  function Promise(executor) {
    this.state = 0; this.value = undefined; this.waiting = [];
    var self = this;
    try { executor(function (v) { settle(self, 1, v); }, function (e) { settle(self, 2, e); }); }
    catch (e) { settle(self, 2, e); }
  }
  function settle(p, state, value) {
    if (p.state) return;
    if (state === 1 && value && typeof value.then === 'function') {
      value.then(function (v) { settle(p, 1, v); }, function (e) { settle(p, 2, e); });
      return;
    }
    p.state = state; p.value = value;
    p.waiting.forEach(function (reaction) { defer(reaction); });
    p.waiting = [];
    if (state === 2) defer(function () {
      if (!p.handled) throw new Error('Unhandled promise rejection: ' + value);
    });
  }
  Promise.prototype.then = function (done, failed) {
    var p = this; p.handled = true;
    return new Promise(function (resolve, reject) {
      function react() {
        var handler = p.state === 1 ? done : failed;
        if (typeof handler !== 'function') {
          if (p.state === 1) resolve(p.value); else reject(p.value);
          return;
        }
        try { resolve(handler(p.value)); } catch (e) { reject(e); }
      }
      if (p.state) defer(react); else p.waiting.push(react);
    });
  };
  Promise.prototype.catch = function (failed) { return this.then(undefined, failed); };
  Promise.resolve = function (v) { return new Promise(function (resolve) { resolve(v); }); };
  Promise.reject = function (e) { return new Promise(function (resolve, reject) { reject(e); }); };
  Promise.all = function (list) {
    return new Promise(function (resolve, reject) {
      var left = list.length, results = [];
      if (!left) resolve(results);
      list.forEach(function (item, i) {
        Promise.resolve(item).then(function (v) { results[i] = v; if (!--left) resolve(results); }, reject);
      });
    });
  };
  return Promise;
})`;
