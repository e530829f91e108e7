<%@ page pageEncoding="GBK" contentType="text/html; charset=GBK" session="false" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="GBK"><title>流程统计</title><link rel="stylesheet" href="css/oa.css"></head>
<body>
<%@ include file="inc/top.jspf" %>
<main><h1><%= Labels.text("report.title") %></h1>
<table class="list" id="report">
<tr><th>流程</th><th>状态</th><th>数量</th><th>最近一次</th></tr>
<% try (Db db = Db.open()) {
    for (Row row : db.list("SELECT w.name, r.state, count(*) AS total, max(r.updated_at) AS latest FROM wf_request r JOIN wf_workflow w ON w.id = r.workflow_id GROUP BY w.name, r.state ORDER BY w.name, r.state")) { %>
<tr><td><%= Text.html(row.text("name")) %></td><td><%= Labels.text("state." + row.text("state")) %></td><td><%= row.number("total") %></td><td><%= Text.html(row.text("latest")) %></td></tr>
<%  }
} %>
</table></main>
</body></html>
