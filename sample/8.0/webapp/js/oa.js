// Scripts of the form and request pages, 8.0.

function oaById(id) { return document.getElementById(id); }

function oaCall(method, url, body, done) {
  fetch(url, { method: method, headers: body ? { 'Content-Type': 'application/json' } : {}, body: body ? JSON.stringify(body) : undefined })
    .then(function (answer) { return answer.json().then(function (data) { done(answer.ok ? null : data.error, data); }); });
}

// --- fields ---

function oaValues() {
  var values = {};
  document.querySelectorAll('[data-field]').forEach(function (input) { values[input.getAttribute('data-field')] = input.value; });
  return values;
}

function oaDetail() {
  var rows = [];
  document.querySelectorAll('.detail-row').forEach(function (tr) {
    var row = {}, filled = false;
    tr.querySelectorAll('[data-detail]').forEach(function (input) {
      row[input.getAttribute('data-detail')] = input.value;
      if (input.value) filled = true;
    });
    if (filled) rows.push(row);
  });
  return rows;
}

function oaAddRow() {
  var last = document.querySelectorAll('.detail-row');
  var copy = last[last.length - 1].cloneNode(true);
  copy.querySelectorAll('input, select').forEach(function (input) { input.value = ''; });
  last[last.length - 1].parentNode.appendChild(copy);
  return false;
}

// New home of what early templates called oaCalcDays() and oaSumColumn().
var oaField = {
  days: function (from, to, target) {
    var a = oaById('f_' + from).value, b = oaById('f_' + to).value;
    if (a && b) oaById('f_' + target).value = Math.round((new Date(b) - new Date(a)) / 86400000) + 1;
  },
  sum: function (column, target) {
    var sum = 0;
    oaDetail().forEach(function (row) { sum += parseFloat(row[column]) || 0; });
    oaById('f_' + target).value = sum;
  }
};

// --- values by SQL and by linkage ---

function oaStart() {
  var workflow = oaById('oaForm').getAttribute('data-workflow');
  oaCall('GET', 'api/forms/' + workflow + '/rules', null, function (error, rules) {
    if (error) return;
    Object.keys(rules.fetch).forEach(function (field) {
      var get = function () { oaFetch(workflow, field); };
      rules.fetch[field].forEach(function (name) { oaById('f_' + name).addEventListener('change', get); });
      if (rules.fetch[field].length === 0) get();
    });
    rules.linkage.forEach(function (field) {
      oaById('f_' + field).addEventListener('change', function () { oaLinkage(workflow, field, this.value); });
    });
  });
}

function oaFetch(workflow, field) {
  var query = new URLSearchParams(oaValues());
  query.set('field', field);
  oaCall('GET', 'api/forms/' + workflow + '/fetch?' + query, null, function (error, data) {
    if (error) oaById('error').textContent = error; else oaById('f_' + field).value = data.value;
  });
}

function oaLinkage(workflow, field, value) {
  var query = new URLSearchParams({ field: field, value: value });
  oaCall('GET', 'api/forms/' + workflow + '/linkage?' + query, null, function (error, data) {
    if (error) { oaById('error').textContent = error; return; }
    Object.keys(data.filled).forEach(function (name) { oaById('f_' + name).value = data.filled[name]; });
  });
}

// --- requests ---

function oaSend(form) {
  var body = { workflow: form.getAttribute('data-workflow'), title: oaById('title').value, fields: oaValues(), detail: oaDetail() };
  oaCall('POST', 'api/requests', body, function (error, made) {
    if (error) { oaById('error').textContent = error; return; }
    var file = oaById('file').files[0];
    var submit = function () { oaCall('POST', 'api/requests/' + made.id + '/submit', { remark: '' }, function () { location = 'request.jsp?id=' + made.id; }); };
    if (!file) { submit(); return; }
    fetch('api/requests/' + made.id + '/attachment?name=' + encodeURIComponent(file.name), { method: 'POST', body: file }).then(submit);
  });
  return false;
}

function oaAct(id, action) {
  oaCall('POST', 'api/requests/' + id + '/' + action, { remark: oaById('remark').value }, function (error) {
    if (error) alert(error); else location.reload();
  });
}

function oaState(id, state) {
  oaCall('POST', 'api/admin/workflows/' + id + '/state', { state: state }, function (error) {
    if (error) alert(error); else location.reload();
  });
}
