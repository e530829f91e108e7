<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.workflow.*" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>待办事宜</title><link rel="stylesheet" href="css/oa.css"></head>
<body>
<%@ include file="inc/top.jspf" %>
<main><h1><%= Labels.text("menu.todo") %></h1>
<table class="list" id="todo">
<thead><tr><th><%= Labels.text("todo.title") %></th><th><%= Labels.text("todo.workflow") %></th><th><%= Labels.text("todo.node") %></th><th><%= Labels.text("todo.creator") %></th><th><%= Labels.text("todo.received") %></th><th><%= Labels.text("todo.state") %></th><th>等待天数</th></tr></thead>
<tbody>
<% try (Db db = Db.open()) {
    for (Row row : Requests.todo(db, person)) { %>
<tr><td><a href="request.jsp?id=<%= row.number("id") %>"><%= Text.html(row.text("title")) %></a></td><td><%= Text.html(row.text("workflow")) %></td>
<td><%= Text.html(row.text("node")) %></td><td><%= Text.html(row.text("creator")) %></td><td><%= Text.html(row.text("received")) %></td><td><%= Labels.text("state." + row.text("state")) %></td><td><%= java.time.Duration.between(Times.parse(row.text("received")), java.time.LocalDateTime.now()).toDays() %></td></tr>
<%  }
} %>
</tbody></table></main>
</body></html>
