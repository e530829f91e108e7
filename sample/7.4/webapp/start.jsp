<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.workflow.*" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>新建流程</title><link rel="stylesheet" href="css/oa.css"></head>
<body>
<%@ include file="inc/top.jspf" %>
<main><h1><%= Labels.text("start.title") %></h1>
<ul class="start">
<% try (Db db = Db.open()) {
    for (Row row : Workflows.startable(db, person)) { %>
<li><a href="form.jsp?workflow=<%= row.number("id") %>"><%= Text.html(row.text("name")) %></a> <span><%= Text.html(row.text("category")) %> V<%= row.number("version") %></span></li>
<%  }
} %>
</ul></main>
</body></html>
