<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.base.*, oa.util.Text" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>通讯录</title><link rel="stylesheet" href="../css/oa.css"></head>
<body><main><h1>通讯录</h1>
<table class="list" id="phonebook"><tr><th>姓名</th><th>部门</th><th>手机</th></tr>
<% try (Db db = Db.open()) {
    for (Row row : db.list("SELECT p.name, d.name AS department, p.mobile_phone AS mobile FROM hrm_person p JOIN hrm_department d ON d.id = p.department_id WHERE p.status = 'active' ORDER BY d.id, p.id")) { %>
<tr><td><%= Text.html(row.text("name")) %></td><td><%= Text.html(row.text("department")) %></td><td><%= Text.html(row.text("mobile")) %></td></tr>
<%  }
} %>
</table></main></body></html>
