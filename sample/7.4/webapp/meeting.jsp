<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>会议预定</title><link rel="stylesheet" href="css/oa.css"></head>
<body>
<%@ include file="inc/top.jspf" %>
<main><h1><%= Labels.text("meeting.title") %></h1>
<table class="list">
<% try (Db db = Db.open()) {
    for (Row row : db.list("SELECT m.room, m.title, p.name, m.starts_at, m.ends_at FROM meeting_booking m JOIN hrm_person p ON p.id = m.person_id ORDER BY m.starts_at DESC LIMIT " + Settings.whole("page.rows", 20))) { %>
<tr><td><%= Text.html(row.text("room")) %></td><td><%= Text.html(row.text("title")) %></td><td><%= Text.html(row.text("name")) %></td><td><%= Text.html(row.text("starts_at")) %></td><td><%= Text.html(row.text("ends_at")) %></td></tr>
<%  }
} %>
</table></main>
</body></html>
