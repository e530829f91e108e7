<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.workflow.*" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>流程管理</title><link rel="stylesheet" href="css/oa.css"><script src="js/oa.js"></script></head>
<body>
<%@ include file="inc/top.jspf" %>
<main><h1><%= Labels.text("admin.title") %></h1>
<% if (!person.admin()) { response.setStatus(403); } else { %>
<table class="list" id="workflows">
<% try (Db db = Db.open()) {
    for (Row row : Workflows.all(db)) { %>
<tr><td><%= row.number("id") %></td><td><%= Text.html(row.text("name")) %></td><td>V<%= row.number("version") %></td><td><%= Labels.text("state." + row.text("state")) %></td><td><%= row.number("requests") %></td>
<td><% if (!row.text("state").equals("old")) { for (String state : List.of("valid", "test", "invalid")) { %><button type="button" onclick="oaState(<%= row.number("id") %>, '<%= state %>')"><%= Labels.text("state." + state) %></button><% } } %></td></tr>
<%  }
} %>
</table>
<% } %></main>
</body></html>
